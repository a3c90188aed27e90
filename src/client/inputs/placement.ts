import {realpath} from 'node:fs/promises';
import {basename, dirname, isAbsolute, posix} from 'node:path';
import {WaybillError} from '../../contracts/errors.js';
import {below, within} from './examine.js';
import type {NameTable} from './name-table.js';

/** What the search for inputs gathers. Directories are absolute and real. */
export interface Search {
  readonly cwd: string;
  readonly workdir?: string;
  readonly names: NameTable;
  /** Directories sent as trees, and the name of each in the workspace. */
  readonly trees: Map<string, string>;
  readonly warnings: string[];
}

/**
 * The name that lets an argument with this text work unchanged: the one below `--workdir`, or else the relative path as
 * it is written. Undefined for absolute paths and those with `..`. Empty for the working directory itself.
 */
export async function ownName({cwd, workdir}: Search, text: string, from = cwd): Promise<string | undefined> {
  if (workdir !== undefined) {
    const absolute = below(from, text);
    const last = basename(absolute);
    const place =
      last === '..' || last === '.' ? await realpath(absolute) : `${await realpath(dirname(absolute))}/${last}`;
    const name = within(workdir, place);
    if (name !== undefined) return name;
  }
  if (isAbsolute(text) || text.split('/').includes('..')) return undefined;
  const name = posix.normalize(text).replace(/\/$/, '');
  return name === '.' ? '' : name;
}

/** Puts a file under its own name, or under a free one where it has none or another file has it. Returns the name. */
export function place({names}: Search, own: string | undefined, path: string, text: string): string {
  if (own !== undefined && names.claim(own, path)) return own;
  const given = names.nameOf(path);
  if (given !== undefined) return given;
  const name = names.freeName(basename(text));
  claimed(names, name, path);
  return name;
}

/** Gives a file, or a directory with nothing in it, exactly this name, or rejects with `name.collision`. */
export function claimed(names: NameTable, name: string, path: string, kind: 'file' | 'directory' = 'file'): void {
  if (kind === 'file' ? names.claim(name, path) : names.claimDirectory(name, path)) return;
  const holder = names.holderOf(name);
  const both = `${JSON.stringify(path)} would be ${JSON.stringify(name)}`;
  const other = `${JSON.stringify(holder?.path ?? '')} is ${JSON.stringify(holder?.name ?? '')}`;
  throw new WaybillError('name.collision', `${both}, and ${other}.`, {path});
}
