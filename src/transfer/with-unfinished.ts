import {setTimeout as delay} from 'node:timers/promises';
import {hasCode} from '../contracts/errors.js';
import type {PartialFile, PartialSpec, Store} from '../stores/store.js';
import type {FileOutcome} from './file-outcome.js';
import {openUnfinished} from './open-unfinished.js';
import {superseded, unlessSuperseded} from './superseded.js';

/** How often, and milliseconds between: a publish that goes on is through within them, or its process has died. */
const LOOKS = 5;
const PAUSE_MS = 50;

export interface UnfinishedOptions<Ledger> {
  readonly to: Store;
  readonly spec: PartialSpec;
  readonly openLedger: () => Promise<Ledger>;
  /** What another attempt has published, by its ledger and the destination. */
  readonly published: () => Promise<FileOutcome | undefined>;
  readonly signal: AbortSignal;
}

/**
 * Opens an unfinished file and its ledger for `work`, and closes both. Where another attempt consumes the unfinished file
 * meanwhile, answers with what that has published; rejects with `transfer.superseded` where it has published nothing.
 */
export async function withUnfinished<Ledger extends {close(): Promise<void>}>(
  {to, spec, openLedger, published, signal}: UnfinishedOptions<Ledger>,
  work: (partial: PartialFile, ledger: Ledger) => Promise<FileOutcome>,
): Promise<FileOutcome> {
  const partial = await unlessSuperseded(openUnfinished(to, spec, signal));
  try {
    const ledger = await unlessSuperseded(openLedger());
    try {
      return await work(partial, ledger);
    } catch (error) {
      if (!hasCode(error, 'transfer.partial-consumed')) throw error;
      const outcome = await oncePublished(published, signal);
      if (outcome === undefined) throw superseded('The unfinished file is gone.', error);
      return outcome;
    } finally {
      await ledger.close();
    }
  } finally {
    await partial.close();
  }
}

/** A publish gives the file its name before it takes away the partial's: between the two both are there. */
async function oncePublished(
  look: () => Promise<FileOutcome | undefined>,
  signal: AbortSignal,
): Promise<FileOutcome | undefined> {
  for (let looks = 1; ; looks += 1) {
    const found = await look();
    if (found !== undefined || looks === LOOKS) return found;
    await delay(PAUSE_MS, undefined, {signal});
  }
}
