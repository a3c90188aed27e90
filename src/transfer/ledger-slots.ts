import type {PartialFile, Store, StorePath} from '../stores/store.js';
import {encodeSlot, SLOT_BYTES} from './ledger-record.js';
import {openUnfinished} from './open-unfinished.js';

/** The file of a ledger. Its slots are written without holding up the data: `settled` throws the first failure. */
export class LedgerSlots {
  readonly #file: PartialFile;
  readonly #signal: AbortSignal;
  readonly #writes = new Set<Promise<void>>();
  #failure: {readonly error: unknown} | undefined;

  private constructor(file: PartialFile, signal: AbortSignal) {
    this.#file = file;
    this.#signal = signal;
  }

  static async open(store: Store, path: StorePath, slots: number, signal: AbortSignal): Promise<LedgerSlots> {
    return new LedgerSlots(await openUnfinished(store, {path, size: slots * SLOT_BYTES}, signal), signal);
  }

  /** `onEntered` is called when it is acknowledged: until then a later attempt knows nothing of it. */
  write(slot: number, body: string, onEntered?: () => void): void {
    const write: Promise<void> = this.#file
      .write(slot * SLOT_BYTES, encodeSlot(body), {signal: this.#signal})
      .then(onEntered)
      .catch((error: unknown) => {
        this.#failure ??= {error};
      })
      .finally(() => this.#writes.delete(write));
    this.#writes.add(write);
  }

  /** Resolves when everything entered so far is acknowledged. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#writes);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#writes);
    await this.#file.close();
  }
}
