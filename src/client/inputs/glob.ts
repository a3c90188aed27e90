import {realpath} from 'node:fs/promises';
import {WaybillError} from '../../contracts/errors.js';
import {below, examine, within} from './examine.js';
import {localError} from './local-error.js';
import type {Search} from './placement.js';

export interface GlobFile {
  /** As an argument would name it. */
  readonly text: string;
  /** Absolute and real. */
  readonly path: string;
}

/** The files that a pattern matches, hidden ones only where it names them. Links are followed below the fixed part. */
export async function globFiles({cwd, warnings}: Search, pattern: string): Promise<GlobFile[]> {
  const {default: glob} = await import('fast-glob');
  if (!glob.isDynamicPattern(pattern)) return [];
  const options = {cwd, dot: false, onlyFiles: false, followSymbolicLinks: false, suppressErrors: false};
  const matches = await glob(pattern, options).catch((error: unknown) => {
    throw localError(error, pathOf(error) ?? cwd);
  });
  matches.sort();
  if (matches.length === 0) return [];
  const bases = await Promise.all(
    glob.generateTasks(pattern, options).map(async ({base}) => realpath(below(cwd, base)).catch(() => undefined)),
  );
  const files: GlobFile[] = [];
  for (const text of matches) {
    const found = await examine(below(cwd, text));
    const skip = (why: string): void => void warnings.push(`${JSON.stringify(text)} ${why} and is not sent.`);
    if (found.kind === 'special') skip(`is a ${found.what}`);
    else if (found.kind === 'file') {
      if (bases.some((base) => base !== undefined && within(base, found.path) !== undefined))
        files.push({text, path: found.path});
      else skip('is a link out of the tree');
    } else if (found.kind === 'unusable') {
      if (text.includes('\uFFFD'))
        throw new WaybillError('name.not-carried', `${JSON.stringify(text)} is not UTF-8.`, {path: text});
      skip('is a link that leads nowhere');
    }
  }
  return files;
}

function pathOf(error: unknown): string | undefined {
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
}
