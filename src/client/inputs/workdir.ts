import {readFile} from 'node:fs/promises';
import {isErrno} from '../../stores/local/errors.js';
import {localError} from './local-error.js';
import {claimed, type Search} from './placement.js';
import {treeEntries} from './tree.js';

const IGNORE_FILE = '.waybillignore';

/** Sends everything of `--workdir` but hidden files and what `.waybillignore` names; `!.name` there sends a hidden one. */
export async function gatherWorkdir({names, trees, warnings}: Search, root: string): Promise<void> {
  trees.set(root, '');
  const ignored = await ignoreRules(root);
  const warn = (warning: string): void => void warnings.push(warning);
  for await (const {kind, name, path} of treeEntries({root, leaveOut: ignored, warn})) claimed(names, name, path, kind);
}

async function ignoreRules(root: string): Promise<(name: string) => boolean> {
  const {default: ignore} = await import('ignore');
  const rules = ignore({ignorecase: false}).add('.*');
  try {
    rules.add(await readFile(`${root}/${IGNORE_FILE}`, 'utf8'));
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw localError(error, `${root}/${IGNORE_FILE}`);
  }
  return (name) => rules.ignores(name);
}
