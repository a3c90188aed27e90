import {setTimeout as delay} from 'node:timers/promises';

/** For what looks again and again while a promise is waited for. */
export class UntilSettled {
  readonly #settled = new AbortController();
  readonly #signal: AbortSignal | undefined;
  readonly #wake: AbortSignal;

  constructor(promise: Promise<unknown>, signal: AbortSignal | undefined) {
    const settle = () => this.#settled.abort();
    promise.then(settle, settle);
    this.#signal = signal;
    this.#wake = signal ? AbortSignal.any([signal, this.#settled.signal]) : this.#settled.signal;
  }

  /** Throws the reason of the signal where it has fired meanwhile. */
  get waiting(): boolean {
    if (this.#settled.signal.aborted) return false;
    this.#signal?.throwIfAborted();
    return true;
  }

  /** Ends early where there is nothing to wait for any more. */
  async pause(ms: number): Promise<void> {
    await delay(ms, undefined, {signal: this.#wake}).catch(() => undefined);
  }
}
