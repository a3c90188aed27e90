import {stat} from 'node:fs/promises';
import {posix} from 'node:path';
import {PLACEHOLDER} from '../../contracts/batch.js';
import {WaybillError} from '../../contracts/errors.js';
import {isRelativeName} from '../../contracts/execution.js';
import type {BatchFile} from '../batch-api.js';
import {below, examine} from './examine.js';
import {type FindInputsOptions, type FoundInputs, searchInputs} from './find-inputs.js';
import {globFiles} from './glob.js';
import {ownName, place} from './placement.js';

export interface FoundBatch extends FoundInputs {
  /** One execution each; `inputs` goes with all of them. */
  readonly files: readonly BatchFile[];
}

/**
 * Finds the files of a batch, and what goes along with each. Rejects with `input.invalid` where the pattern is none,
 * because a shell has expanded it, or no argument holds `{}`; with `store.not-found` where nothing matches; and as
 * `findInputs` does.
 */
export async function findBatch(
  argv: readonly string[],
  pattern: string,
  options: FindInputsOptions,
): Promise<FoundBatch> {
  await requirePattern(pattern, options.cwd);
  if (!argv.some((argument) => argument.includes(PLACEHOLDER))) {
    throw new WaybillError('input.invalid', `no argument of the command holds ${PLACEHOLDER}, the name of the file`, {
      remedy: `Write ${PLACEHOLDER} where the name of each file belongs: waybill run --batch '${pattern}' wc -l ${PLACEHOLDER}`,
    });
  }
  const {command, search} = await searchInputs(argv, options);
  const inputs = search.names.inputs();
  const found = await globFiles(search, pattern);
  if (found.length === 0) {
    throw new WaybillError('store.not-found', `No file matches ${JSON.stringify(pattern)}.`, {path: pattern});
  }
  const fixed = await fixedPart(pattern);
  const files: BatchFile[] = [];
  for (const {path, text} of found) {
    const name = place(search, await ownName(search, text), path, text);
    const under = posix.relative(fixed, posix.normalize(text));
    const {size} = await stat(path);
    files.push({path, name, input: isRelativeName(under) ? under : name, size});
  }
  return {command, inputs, files, warnings: search.warnings};
}

/** A shell that expands the pattern leaves its first file here, and the others in the place of the command. */
async function requirePattern(pattern: string, cwd: string): Promise<void> {
  const {kind} = pattern === '' ? {kind: 'unusable'} : await examine(below(cwd, pattern));
  if (kind === 'directory') {
    throw new WaybillError('input.invalid', `--batch ${JSON.stringify(pattern)} is a directory, not a pattern`, {
      path: pattern,
      remedy: `Name its files, in quotes: --batch '${posix.join(pattern, '*')}'`,
    });
  }
  if (kind === 'file') {
    const directory = posix.dirname(pattern);
    const example = posix.join(directory, `*${posix.extname(pattern)}`);
    throw new WaybillError(
      'input.invalid',
      `--batch ${JSON.stringify(pattern)} is one file: an unquoted pattern was expanded by the shell before Waybill saw it`,
      {path: pattern, remedy: `Put the pattern in quotes: --batch '${example}'. For one file leave --batch out.`},
    );
  }
  const {default: glob} = await import('fast-glob');
  if (pattern !== '' && glob.isDynamicPattern(pattern)) return;
  throw new WaybillError('store.not-found', `There is no ${JSON.stringify(pattern)}, and it is no pattern.`, {
    path: pattern,
    remedy: "Write a pattern in quotes: --batch 'data/*.txt'",
  });
}

/** The directory that every match lies in, whatever is there today. */
async function fixedPart(pattern: string): Promise<string> {
  const {default: glob} = await import('fast-glob');
  const [first = [], ...others] = glob.generateTasks(pattern).map(({base}) => posix.normalize(base).split('/'));
  const differs = first.findIndex((part, index) => others.some((other) => other[index] !== part));
  return (differs < 0 ? first : first.slice(0, differs)).join('/');
}
