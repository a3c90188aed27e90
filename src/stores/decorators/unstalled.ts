import {WaybillError} from '../../contracts/errors.js';
import type {Store} from '../store.js';
import {intercepted, type Interceptor, type StoreMethod} from './intercepted.js';

/**
 * Hashing and flushing a large file take as long as they take; a group of small files is written by one call of up to
 * 8 MiB, which the store itself gives up when its line is dead.
 */
const movesNoBytes: readonly StoreMethod[] = [
  'hash',
  'partial.hash',
  'partial.sync',
  'partial.publish',
  'putFiles',
  'close',
];

/** Notices when several stores that work together stand still. */
export class StallWatch {
  readonly #afterMs: number;
  readonly #pending = new Set<(error: Error) => void>();
  #timer: NodeJS.Timeout | undefined;
  #movedAt = performance.now();

  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /**
   * `store` as it is, but that calls which are under way reject with `transfer.stalled` when none of any watched store
   * has ended, or told of bytes, for the time that was given. Slow ones are left alone.
   */
  watched(store: Store): Store {
    const around: Interceptor = (call, proceed) =>
      movesNoBytes.includes(call.method) ? proceed() : this.#watch(proceed(undefined, {onBytes: this.#onBytes}));
    const readFiles = store.readFiles?.bind(store);
    // Assigned, not spread: what the store says of itself may still change.
    return Object.assign(
      intercepted(store, around),
      readFiles === undefined ? {} : {readFiles: this.#reading(readFiles)},
    );
  }

  /** Ends the timer of a watch that is not needed any more. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  readonly #onBytes = (): void => {
    this.#movedAt = performance.now();
  };

  #reading(readFiles: NonNullable<Store['readFiles']>): NonNullable<Store['readFiles']> {
    return (files, options) => this.#watch(readFiles(files, {...options, onBytes: this.#onBytes}));
  }

  async #watch<T>(call: Promise<T>): Promise<T> {
    if (this.#pending.size === 0) this.#movedAt = performance.now();
    this.#timer ??= setInterval(() => this.#look(), Math.max(10, this.#afterMs / 10)).unref();
    let stalled: (error: Error) => void = () => undefined;
    const silence = new Promise<never>((_, reject) => {
      stalled = reject;
    });
    this.#pending.add(stalled);
    try {
      return await Promise.race([call, silence]);
    } finally {
      this.#pending.delete(stalled);
      this.#movedAt = performance.now();
      call.catch(() => undefined);
    }
  }

  #look(): void {
    if (this.#pending.size === 0 || performance.now() - this.#movedAt < this.#afterMs) return;
    const error = new WaybillError('transfer.stalled', `no byte moved for ${this.#afterMs / 1000} s`);
    for (const reject of [...this.#pending]) reject(error);
  }
}
