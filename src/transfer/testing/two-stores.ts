import {createCipheriv, createHash} from 'node:crypto';
import {mkdir, mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {openLocalStore} from '../../stores/local/store.js';
import type {Store} from '../../stores/store.js';
import {partialPaths} from '../keys.js';
import type {MoveFileOptions} from '../move-file.js';
import type {PlannedFile} from '../planned-file.js';

export const PARTIALS = '.partials';

/** Two local stores in fresh directories, and what tests do behind their backs. */
export class TwoStores implements AsyncDisposable {
  readonly from: Store;
  readonly to: Store;

  private constructor(
    readonly root: string,
    readonly source = join(root, 'from'),
    readonly destination = join(root, 'to'),
  ) {
    this.from = openLocalStore({name: 'from', root: source});
    this.to = openLocalStore({name: 'to', root: destination});
  }

  static async create(root?: string): Promise<TwoStores> {
    const stores = new TwoStores(root ?? (await mkdtemp(join(tmpdir(), 'waybill-transfer-'))));
    await mkdir(stores.source, {recursive: true});
    await mkdir(join(stores.destination, PARTIALS), {recursive: true});
    return stores;
  }

  async put(name: string, content: Uint8Array | string): Promise<PlannedFile> {
    const path = join(this.source, name);
    await mkdir(dirname(path), {recursive: true});
    await writeFile(path, content);
    return this.plan(name);
  }

  async plan(name: string): Promise<PlannedFile> {
    const entry = await this.from.stat(name);
    if (entry?.kind !== 'file') throw new Error(`${name} is not there`);
    const {size, mode, modifiedAt, identity} = entry;
    return {name, kind: 'file', size, mode, modifiedAt, identity};
  }

  options(file: PlannedFile, more: Partial<MoveFileOptions> = {}): MoveFileOptions {
    const of = {owner: 'test', destination: file.name, identity: file.identity ?? '', size: file.size};
    return {
      ...{from: this.from, to: this.to, source: file.name, destination: file.name, file},
      ...partialPaths(PARTIALS, of),
      ...{ifExists: 'replace', verify: 'hash', signal: new AbortController().signal},
      ...more,
    };
  }

  partialOf(file: PlannedFile): {readonly partial: string; readonly ledger: string} {
    const {partial, ledger} = this.options(file);
    return {partial: join(this.destination, partial), ledger: join(this.destination, ledger)};
  }

  async arrived(name: string): Promise<Buffer | undefined> {
    return (
      (await stat(join(this.destination, name)).catch(() => undefined)) &&
      (await readFile(join(this.destination, name)))
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, {recursive: true, force: true});
  }
}

/** The same bytes for the same seed, none of them repeating. */
export function seededBytes(seed: number, length: number): Buffer {
  const key = createHash('sha256').update(String(seed)).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Numbers from 0 to 1, the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 0x1_0000_0000;
  };
}
