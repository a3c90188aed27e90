import {posix} from 'node:path';
import type {LocalInput} from '../api.js';
import {carriedName} from './carried-name.js';

/** Which file gets which name in the workspace. A name is given once, and never both to a file and to a directory. */
export class NameTable {
  readonly #paths = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #directories = new Set<string>();
  /** Directories that are sent for themselves, by name: those that turn out to have something in them are made anyway. */
  readonly #empty = new Map<string, string>();
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
    for (const parent of parents) this.#enter(parent);
    return true;
  }

  /** Makes this name a directory, also with nothing in it; false where a file has it or a part of it. */
  claimDirectory(name: string, path: string): boolean {
    carriedName(name, path);
    const all = [...parentsOf(name), name];
    if (all.some((part) => this.#paths.has(part))) return false;
    if (!this.#directories.has(name)) this.#empty.set(name, path);
    for (const part of all) this.#enter(part);
    return true;
  }

  #enter(directory: string): void {
    this.#directories.add(directory).add(fold(directory));
  }

  /** What keeps others from having `name`: what has it, a file of which it would be a part, or what is below it. */
  holderOf(name: string): LocalInput | undefined {
    for (const taken of [name, ...parentsOf(name)]) {
      const path = this.#paths.get(taken) ?? (taken === name ? this.#empty.get(taken) : undefined);
      if (path !== undefined) return {path, name: taken};
    }
    return this.inputs().find((input) => input.name.startsWith(`${name}/`));
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
    return directory === '' ? this.#paths.size + this.#empty.size > 0 : this.#directories.has(directory);
  }

  inputs(): LocalInput[] {
    const files = Array.from(this.#paths, ([name, path]) => ({path, name}));
    const parents = new Set([...this.#paths.keys(), ...this.#empty.keys()].flatMap(parentsOf));
    const empty = [...this.#empty].filter(([name]) => !parents.has(name));
    const directories = empty.map(([name, path]) => ({path, name, directory: true as const}));
    return [...files, ...directories];
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
