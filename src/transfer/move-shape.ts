import type {StoreProperties} from '../stores/store.js';
import {BLOCK_BYTES} from './blocks.js';
import {memoryShare, SHARED_BYTES} from './memory-share.js';
import type {Reading} from './read-ahead.js';

export interface MoveLimits {
  /** Most memory for the chunks of one file, in bytes. Default: its share of what the process has for all of them. */
  readonly fileBytes?: number;
}

/**
 * How large reads and writes are and how many are under way, from what both stores declare. What it says changes with the
 * number of files under way: ask each time.
 */
export interface MoveShape {
  readonly reading: Reading;
  readonly writeBytes: number;
  readonly writeWindowBytes: number;
}

const LEAST_CHUNK_BYTES = 256 * 1024;

/** One that is read, one that is hashed, one that is sent. */
const LEAST_CHUNKS = 3;

export function moveShape(
  from: StoreProperties,
  to: StoreProperties,
  {fileBytes = SHARED_BYTES}: MoveLimits = {},
): MoveShape {
  const share = () => Math.min(fileBytes, memoryShare());
  const readBytes = from.preferredChunkBytes;
  const writeBytes = to.preferredChunkBytes;
  // The larger of both, as a multiple of the smaller: no odd rest is left over for a request of its own.
  const [small, large] = readBytes < writeBytes ? [readBytes, writeBytes] : [writeBytes, readBytes];
  const usual = Math.min(BLOCK_BYTES, small * Math.max(1, Math.floor(large / small)));
  const leastOfBoth = Math.max(...[from, to].map(({leastChunkBytes = LEAST_CHUNK_BYTES}) => leastChunkBytes));
  const least = Math.min(usual, leastOfBoth);
  return {
    reading: {
      readBytes,
      get firstChunkBytes() {
        return Math.min(this.chunkBytes, Math.max(least, from.firstChunkBytes ?? usual));
      },
      get chunkBytes() {
        return LEAST_CHUNKS * usual <= share() ? usual : Math.min(usual, Math.max(least, quarterOf(share())));
      },
      get depth() {
        const aheadBytes = Math.min(share() / 2, Math.max(readBytes * from.preferredDepth, usual));
        return Math.max(1, Math.ceil(aheadBytes / this.chunkBytes));
      },
    },
    writeBytes,
    get writeWindowBytes() {
      return Math.min(share() / 2, writeBytes * to.preferredDepth);
    },
  };
}

/** As a power of two: few chunks are cut at the end of a block. */
function quarterOf(bytes: number): number {
  return 2 ** Math.floor(Math.log2(bytes / 4));
}
