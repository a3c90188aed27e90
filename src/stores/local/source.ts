import type {FileHandle} from 'node:fs/promises';
import type {CallOptions, Entry, SourceFile, StorePath} from '../store.js';
import {takeChunk} from '../../hashing/chunk-memory.js';
import {entryOf} from './entry.js';
import {translated} from './errors.js';
import {openRegularFile} from './open-file.js';
import type {LocalRoot} from './root.js';

export async function openSource(root: LocalRoot, path: StorePath, options: CallOptions = {}): Promise<SourceFile> {
  options.signal?.throwIfAborted();
  return translated(path, async () => {
    const {handle, stats} = await openRegularFile(await root.locate(path), path);
    return new LocalSource(path, handle, entryOf(stats));
  });
}

class LocalSource implements SourceFile {
  readonly entry: Entry;
  readonly #path: StorePath;
  readonly #handle: FileHandle;

  constructor(path: StorePath, handle: FileHandle, entry: Entry) {
    this.#path = path;
    this.#handle = handle;
    this.entry = entry;
  }

  async read(offset: number, length: number, options: CallOptions = {}): Promise<Uint8Array> {
    options.signal?.throwIfAborted();
    return translated(this.#path, async () => {
      const chunk = takeChunk(length);
      const bytes = await readFully(this.#handle, chunk, offset);
      options.signal?.throwIfAborted();
      return chunk.subarray(0, bytes);
    });
  }

  async restat(options: CallOptions = {}): Promise<Entry> {
    options.signal?.throwIfAborted();
    return translated(this.#path, async () => entryOf(await this.#handle.stat({bigint: true})));
  }

  async close(): Promise<void> {
    await translated(this.#path, () => this.#handle.close());
  }
}

/** Fills `chunk` from `offset` on, as far as the file reaches, and returns how many bytes that are. */
export async function readFully(handle: FileHandle, chunk: Uint8Array, offset: number): Promise<number> {
  let filled = 0;
  while (filled < chunk.length) {
    const {bytesRead} = await handle.read(chunk, filled, chunk.length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
