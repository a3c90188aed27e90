import {ByteWindow} from './byte-window.js';

/** The writes of one file that the store has not acknowledged yet: so many bytes at most, and the first failure of all. */
export class WritesUnderWay {
  readonly #window: ByteWindow;
  readonly #writes = new Set<Promise<void>>();
  #failure: {readonly error: unknown} | undefined;

  /** Asked each time. */
  constructor(windowBytes: () => number) {
    this.#window = new ByteWindow(windowBytes);
  }

  /** Waits until `bytes` more may be under way; `start` gives them back. Rejects where a write failed. */
  async room(bytes: number, signal?: AbortSignal): Promise<void> {
    await this.#window.take(bytes, signal);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  start(bytes: number, work: () => Promise<void>): void {
    const write: Promise<void> = work()
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.#writes.delete(write);
        this.#window.giveBack(bytes);
      });
    this.#writes.add(write);
  }

  /** Fails the file with what no write of its own says. */
  fail(error: unknown): void {
    this.#failure ??= {error};
  }

  /** Resolves when no write is under way any more; rejects where one failed. */
  async settled(): Promise<void> {
    while (this.#writes.size > 0) await Promise.allSettled(this.#writes);
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
