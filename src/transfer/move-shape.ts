import type {StoreProperties} from '../stores/store.js';

export interface MoveLimits {
  /** Memory for the chunks of one file, in bytes. Default 32 MiB. */
  readonly fileBytes?: number;
}

/** How large reads and writes are and how many are under way, from what both stores declare. */
export interface MoveShape {
  readonly reading: {readonly chunkBytes: number; readonly readBytes: number; readonly depth: number};
  readonly writeBytes: number;
  readonly writeWindowBytes: number;
}

const FILE_BYTES = 32 * 1024 * 1024;

export function moveShape(from: StoreProperties, to: StoreProperties, limits: MoveLimits = {}): MoveShape {
  const half = (limits.fileBytes ?? FILE_BYTES) / 2;
  const readBytes = from.preferredChunkBytes;
  const writeBytes = to.preferredChunkBytes;
  // The larger of both, as a multiple of the smaller: no odd rest is left over for a request of its own.
  const [small, large] = readBytes < writeBytes ? [readBytes, writeBytes] : [writeBytes, readBytes];
  const chunkBytes = small * Math.max(1, Math.floor(large / small));
  const readAheadBytes = Math.min(half, Math.max(readBytes * from.preferredDepth, chunkBytes));
  return {
    reading: {chunkBytes, readBytes, depth: Math.max(1, Math.ceil(readAheadBytes / chunkBytes))},
    writeBytes,
    writeWindowBytes: Math.min(half, Math.max(writeBytes * to.preferredDepth, writeBytes)),
  };
}
