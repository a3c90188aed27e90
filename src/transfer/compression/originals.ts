import {giveBackChunk} from '../../hashing/chunk-memory.js';
import {intercepted} from '../../stores/decorators/intercepted.js';
import type {CallOptions, Entry, SourceFile, Store, StorePath} from '../../stores/store.js';
import {readExactly} from '../read-ahead.js';
import {decompressMember, MEMBER_BYTES, memberLength} from './member.js';
import {type MemberIndex, readIndex} from './member-index.js';

/**
 * `store` with what lies compressed at `paths` read as it was: size and bytes are those of the original, any range of
 * which costs the members that it touches. Everything else, and what a listing says, is the store's own.
 */
export function withOriginals(store: Store, paths: ReadonlySet<StorePath>): Store {
  const readFiles = store.readFiles?.bind(store);
  const hash = store.hash?.bind(store);
  return {
    ...intercepted(store, (_, proceed) => proceed()),
    // One read is one member.
    properties: {...store.properties, preferredChunkBytes: MEMBER_BYTES, leastChunkBytes: MEMBER_BYTES},
    openSource: (path, options = {}) =>
      paths.has(path) ? openOriginal(store, path, options) : store.openSource(path, options),
    ...(readFiles === undefined ? {} : {readFiles}),
    ...(hash === undefined ? {} : {hash: async (path, options) => (paths.has(path) ? undefined : hash(path, options))}),
  };
}

/** Rejects with `store.io` where the file was not compressed by `compressFile`. */
export async function openOriginal(store: Store, path: StorePath, options: CallOptions): Promise<SourceFile> {
  const compressed = await store.openSource(path, options);
  try {
    return new OriginalSource(compressed, await readIndex(compressed, options));
  } catch (error) {
    await compressed.close();
    throw error;
  }
}

class OriginalSource implements SourceFile {
  readonly #compressed: SourceFile;
  readonly #index: MemberIndex;

  constructor(compressed: SourceFile, index: MemberIndex) {
    this.#compressed = compressed;
    this.#index = index;
  }

  get entry(): Entry {
    return {...this.#compressed.entry, size: this.#index.size};
  }

  async read(offset: number, length: number, options: CallOptions = {}): Promise<Uint8Array> {
    const end = Math.min(offset + length, this.#index.size);
    if (end <= offset) return new Uint8Array();
    const first = Math.floor(offset / MEMBER_BYTES);
    const last = Math.floor((end - 1) / MEMBER_BYTES);
    const pieces: Buffer[] = [];
    for (let member = first; member <= last; member++) {
      const start = member * MEMBER_BYTES;
      const bytes = await this.#member(member, options);
      pieces.push(bytes.subarray(Math.max(0, offset - start), end - start));
    }
    const [only] = pieces;
    return only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces);
  }

  async restat(options: CallOptions = {}): Promise<Entry> {
    return {...(await this.#compressed.restat(options)), size: this.#index.size};
  }

  close(): Promise<void> {
    return this.#compressed.close();
  }

  async #member(member: number, {signal = new AbortController().signal}: CallOptions): Promise<Buffer> {
    const start = this.#index.offsets[member] ?? 0;
    const end = this.#index.offsets[member + 1] ?? start;
    const compressed = await readExactly(this.#compressed, start, end - start, signal);
    try {
      return await decompressMember(compressed, memberLength(member, this.#index.size));
    } finally {
      giveBackChunk(compressed);
    }
  }
}
