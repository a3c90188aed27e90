import {createHash} from 'node:crypto';
import type {HashingThread} from './thread.js';

export interface SharedPiece {
  readonly memory: SharedArrayBuffer;
  readonly offset: number;
  readonly length: number;
}

let nextStream = 0;

/** One running SHA-256 on one thread: requests to a thread are answered in order, so pieces need not wait for each other. */
export class DigestLane {
  readonly thread: HashingThread;
  readonly #stream = nextStream++;
  #started = false;

  constructor(thread: HashingThread) {
    this.thread = thread;
  }

  /** Adds a piece of shared memory, which must not change before the promise settles. */
  async update({memory, offset, length}: SharedPiece): Promise<void> {
    this.#started = true;
    await this.thread.ask({operation: 'update', stream: this.#stream, memory, offset, length, last: false});
  }

  async digest(): Promise<string> {
    if (!this.#started) return createHash('sha256').digest('hex');
    const nothing = {memory: new SharedArrayBuffer(0), offset: 0, length: 0};
    const answer = await this.thread.ask({operation: 'update', stream: this.#stream, ...nothing, last: true});
    if (answer.outcome !== 'hashed')
      throw new Error(`A hashing thread answered "${answer.outcome}" instead of a digest.`);
    return answer.sha256;
  }

  /** Frees what the thread keeps for a stream that nobody will finish. */
  drop(): void {
    if (this.#started && !this.thread.ended) {
      this.thread.ask({operation: 'drop', stream: this.#stream}).catch(() => undefined);
    }
  }
}
