import {below, type Examined, examine} from './examine.js';
import type {Search} from './placement.js';

export interface Located {
  /** The directory that the text is relative to. */
  readonly from: string;
  readonly found: Examined;
}

/** What an argument names: below the current directory, or else below `--workdir`, where the command runs. */
export async function locate({cwd, workdir, warnings}: Search, text: string): Promise<Located> {
  const found = await examine(below(cwd, text));
  if (workdir === undefined || workdir === cwd || text.startsWith('/')) return {from: cwd, found};
  const there = await examine(below(workdir, text));
  if (found.kind === 'unusable') return {from: workdir, found: there};
  if (there.kind === 'file' && found.kind === 'file' && there.path !== found.path) {
    warnings.push(`${JSON.stringify(text)} is in the current directory and in --workdir: the first is taken.`);
  }
  return {from: cwd, found};
}

/** A name as an argument that no program takes for an option. */
export function asArgument(name: string): string {
  return name.startsWith('-') ? `./${name}` : name;
}
