import {toError} from '../contracts/errors.js';

/**
 * Lets at most so many bytes be under way: `take` waits until there is room. One larger than the window goes alone. The
 * limit may change meanwhile, and is asked for each time with the bytes that are to be taken.
 */
export class ByteWindow {
  readonly #limit: (bytes: number) => number;
  readonly #waiting: {readonly bytes: number; readonly go: () => void}[] = [];
  #taken = 0;

  constructor(limit: (bytes: number) => number) {
    this.#limit = limit;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Rejects with the reason of the signal, and has taken nothing then. */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#taken += bytes;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(toError(signal?.reason));
        this.#letGo();
      };
      const waiting = {
        bytes,
        go: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      this.#waiting.push(waiting);
      signal?.addEventListener('abort', leave, {once: true});
    });
  }

  giveBack(bytes: number): void {
    this.#taken -= bytes;
    this.#letGo();
  }

  #letGo(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#taken += next.bytes;
      next.go();
    }
  }

  #fits(bytes: number): boolean {
    return this.#taken === 0 || this.#taken + bytes <= this.#limit(bytes);
  }
}
