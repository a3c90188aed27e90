import {realpath} from 'node:fs/promises';
import {WaybillError} from '../../contracts/errors.js';
import type {LocalInput} from '../api.js';
import {gatherArguments} from './arguments.js';
import {gatherCommand} from './command.js';
import {examine} from './examine.js';
import {gatherExplicit} from './explicit.js';
import {currentDirectoryError, localError} from './local-error.js';
import {NameTable} from './name-table.js';
import type {Search} from './placement.js';
import {gatherWorkdir} from './workdir.js';

export interface FindInputsOptions {
  /** Absolute; relative arguments and inputs are read from here. */
  readonly cwd: string;
  /** Also sent: `PATH|GLOB[=NAME]`. A directory is sent with everything in it. */
  readonly explicit: readonly string[];
  /** Absolute; sent but for hidden files and what its `.waybillignore` names, and names are relative to it. */
  readonly workdir?: string;
}

export interface FoundInputs {
  /** What to run: arguments rewritten where a file has another name in the workspace. */
  readonly command: string[];
  readonly inputs: LocalInput[];
  /** What was left out, in sentences. */
  readonly warnings: string[];
}

/**
 * Finds the files that a command needs. Rejects with `store.not-found` or `store.permission-denied` for an explicit
 * input, `source.special-file` where it is a socket, FIFO or device, `name.not-carried` and `name.collision`.
 */
export async function findInputs(argv: readonly string[], options: FindInputsOptions): Promise<FoundInputs> {
  const {command, search} = await searchInputs(argv, options);
  return {command, inputs: search.names.inputs(), warnings: search.warnings};
}

/** As `findInputs`, with the names that were given: more can be added to them. */
export async function searchInputs(
  argv: readonly string[],
  {cwd, explicit, workdir}: FindInputsOptions,
): Promise<{readonly command: string[]; readonly search: Search}> {
  const root = workdir === undefined ? undefined : await realDirectory(workdir);
  const search: Search = {
    cwd: await realpath(cwd).catch((error: unknown) => {
      throw currentDirectoryError(error, cwd);
    }),
    ...(root === undefined ? {} : {workdir: root}),
    names: new NameTable(),
    trees: new Map(),
    warnings: [],
  };
  if (root !== undefined) await gatherWorkdir(search, root);
  for (const text of explicit) await gatherExplicit(search, text);
  const [first, ...rest] = argv;
  const args = await gatherArguments(search, rest);
  const program = first === undefined ? [] : await gatherCommand(search, first);
  return {command: [...program, ...args], search};
}

async function realDirectory(path: string): Promise<string> {
  const found = await examine(path);
  if (found.kind === 'directory') return found.path;
  if (found.kind !== 'unusable') {
    throw new WaybillError('store.not-a-directory', `${JSON.stringify(path)} is no directory.`, {path});
  }
  if (found.reason !== 'missing') throw localError(found.cause, path, `The directory ${JSON.stringify(path)}`);
  throw new WaybillError('store.not-found', `There is no directory ${JSON.stringify(path)}.`, {
    path,
    cause: found.cause,
  });
}
