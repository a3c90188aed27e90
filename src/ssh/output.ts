/** Keeps the first `max` bytes of what is added. */
export class OutputBuffer {
  readonly #max: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(max: number) {
    this.#max = max;
  }

  add(chunk: Buffer): void {
    const kept = chunk.subarray(0, this.#max - this.#size);
    if (kept.length === 0) return;
    this.#chunks.push(kept);
    this.#size += kept.length;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks, this.#size);
  }
}

export interface Fenced {
  add(chunk: Buffer): void;
  found(): boolean;
  /** What came instead of, or before, the fence. */
  before(): Buffer;
}

/** Start-up files print a screenful, not more; what exceeds this cannot hold a fence any more. */
const MAX_BEFORE = 256 * 1024;

/** Hands on what follows the line `fence`, and keeps what came before it. */
export function fenced(fence: string, take: (chunk: Buffer) => void): Fenced {
  const mark = Buffer.from(`${fence}\n`);
  let before = Buffer.alloc(0);
  let found = false;
  return {
    add: (chunk) => {
      if (found) {
        take(chunk);
        return;
      }
      before = Buffer.concat([before, chunk]);
      const at = before.indexOf(mark);
      if (at < 0) {
        before = before.subarray(-MAX_BEFORE);
        return;
      }
      found = true;
      const rest = before.subarray(at + mark.length);
      before = before.subarray(0, at);
      if (rest.length > 0) take(rest);
    },
    found: () => found,
    before: () => before,
  };
}
