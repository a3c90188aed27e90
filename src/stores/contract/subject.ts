import {createHash} from 'node:crypto';
import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {joinStorePath} from '../paths.js';
import type {Attributes, ListedEntry, PartialFile, PartialSpec, Store, StorePath} from '../store.js';
import type {StorePlace} from './place.js';

/** What a test of the suite works on: the store and a directory of its own in it, empty when the test begins. */
export class Subject {
  #place: StorePlace | undefined;
  #directory = '';
  #count = 0;
  #kept: readonly string[] = [];

  async open(make: () => Promise<StorePlace>): Promise<void> {
    this.#place = await make();
  }

  async close(): Promise<void> {
    await this.#place?.cleanUp();
    this.#place = undefined;
  }

  async beginTest(): Promise<void> {
    this.#count += 1;
    this.#kept = [];
    this.#directory = `test-${this.#count}`;
    await this.store.makeDirectory(this.#directory);
  }

  get store(): Store {
    if (this.#place === undefined) throw new Error('The store of this suite has not been made.');
    return this.#place.store;
  }

  /** Names the partials that a test leaves unfinished on purpose; any other that is left makes it fail. */
  keepsPartials(...names: readonly string[]): void {
    this.#kept = names;
  }

  get keptPartials(): readonly string[] {
    return this.#kept;
  }

  get directory(): StorePath {
    return this.#directory;
  }

  /** A path in the test's own directory. */
  at(...names: readonly string[]): StorePath {
    return joinStorePath(this.#directory, ...names);
  }

  /** The same place as this process sees it; only in tests that ask for `disk`. */
  onDisk(...names: readonly string[]): string {
    if (this.#place?.disk === undefined) throw new Error('The store of this suite is not on a disk of this machine.');
    return join(this.#place.disk, this.#directory, ...names);
  }

  /** A directory outside the root, beside it. */
  async outside(): Promise<string> {
    const directory = `${this.#place?.disk ?? ''}-outside`;
    await mkdir(directory, {recursive: true});
    return directory;
  }

  /** Opens a partial in the test's directory, the directory for partials created before. */
  async openPartial(
    name: string,
    size: number,
    spec: Pick<PartialSpec, 'atMost' | 'partBytes'> = {},
    attributes: Attributes = {},
  ): Promise<PartialFile> {
    await this.store.makeDirectory(this.at('partials'));
    const intended = {destination: this.at('file'), ...attributes};
    return this.store.openPartial({path: this.at('partials', name), size, intended, ...spec});
  }

  /** Puts a file there the long way, through a partial. */
  async putFile(
    name: string,
    content: Uint8Array,
    attributes: {mode?: number; modifiedAt?: number} = {},
  ): Promise<void> {
    const partial = await this.openPartial('put', content.length);
    try {
      await partial.write(0, content);
      await partial.publish({destination: this.at(name), ifExists: 'replace', ...attributes});
    } finally {
      await partial.close();
    }
  }

  /** What lies in the test's directory for partials, where there is one. */
  async partialNames(): Promise<string[]> {
    return (await this.store.stat(this.at('partials'))) === undefined ? [] : this.namesIn('partials');
  }

  /** The whole content of a file, or undefined. */
  async contentOf(name: string): Promise<string | undefined> {
    const content = await this.store.getObject(this.at(name), 64 * 1024 * 1024);
    return content === undefined ? undefined : Buffer.from(content).toString('latin1');
  }

  async list(...names: readonly string[]): Promise<ListedEntry[]> {
    return collect(this.store.list(this.at(...names)));
  }

  async namesIn(...names: readonly string[]): Promise<string[]> {
    return (await this.list(...names)).map((entry) => entry.name).sort();
  }
}

export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const value of values) collected.push(value);
  return collected;
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Bytes that differ everywhere and are the same in every run. */
export function patterned(length: number, seed = 1): Buffer {
  const content = Buffer.allocUnsafe(length);
  let state = seed;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    content[index] = state >>> 24;
  }
  return content;
}
