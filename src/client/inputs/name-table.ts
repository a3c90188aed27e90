import {posix} from 'node:path';
import type {LocalInput} from '../api.js';
import {carriedName} from './carried-name.js';

/** Which file gets which name in the workspace. A name is given once, and never both to a file and to a directory. */
export class NameTable {
  readonly #paths = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #directories = new Set<string>();
  /** As a file system sees them that takes `A` for `a` and composes accents. */
  readonly #folded = new Set<string>();

  /** Gives `name` to the file; false where another file has it. The same file and name twice is one input. */
  claim(name: string, path: string): boolean {
    carriedName(name, path);
    const holder = this.#paths.get(name);
    if (holder !== undefined) return holder === path;
    const parents = parentsOf(name);
    if (this.#directories.has(name) || parents.some((parent) => this.#paths.has(parent))) return false;
    this.#paths.set(name, path);
    if (!this.#names.has(path)) this.#names.set(path, name);
    this.#folded.add(fold(name));
    for (const parent of parents) this.#directories.add(parent).add(fold(parent));
    return true;
  }

  /** The first name that the file got. */
  nameOf(path: string): string | undefined {
    return this.#names.get(path);
  }

  /** A name `inputs/<basename>` that nothing has, numbered where it is taken; `inputs-2/…` where a file is called so. */
  freeName(basename: string): string {
    const directory = numbered('inputs', (name) => !this.#folded.has(name));
    return numbered(
      `${directory}/${basename}`,
      (name) => !this.#folded.has(fold(name)) && !this.#directories.has(fold(name)),
    );
  }

  /** Whether any file has a name below this directory; '' is the working directory. */
  hasBelow(directory: string): boolean {
    return directory === '' ? this.#paths.size > 0 : this.#directories.has(directory);
  }

  inputs(): LocalInput[] {
    return Array.from(this.#paths, ([name, path]) => ({path, name}));
  }
}

function numbered(name: string, isFree: (name: string) => boolean): string {
  const {dir, name: stem, ext} = posix.parse(name);
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : posix.join(dir, `${stem}-${number}${ext}`);
    if (isFree(candidate)) return candidate;
  }
}

function parentsOf(name: string): string[] {
  const components = name.split('/');
  return components.slice(1).map((_, index) => components.slice(0, index + 1).join('/'));
}

function fold(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
