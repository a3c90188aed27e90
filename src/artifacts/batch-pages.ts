import {type BatchItem, batchItem, type BatchOutcome, batchOutcome} from '../contracts/batch.js';
import {WaybillError} from '../contracts/errors.js';
import {encodeJournalPage, parseJournalPage} from '../transfer/journal-page.js';

/** Of a page of items or outcomes: both travel through Temporal, which carries 2 MiB at once. */
export const MAX_BATCH_PAGE_BYTES = 1024 * 1024;

/** Rejects with `input.invalid` a page that could not travel. */
export function encodeItems(items: readonly BatchItem[]): Uint8Array {
  const page = encodeJournalPage('batch-items', items);
  if (page.byteLength <= MAX_BATCH_PAGE_BYTES) return page;
  throw new WaybillError('input.invalid', `a page of ${items.length} items has ${page.byteLength} bytes`, {
    expected: MAX_BATCH_PAGE_BYTES,
    found: page.byteLength,
  });
}

export function parseItems(page: Uint8Array): readonly BatchItem[] {
  return parseJournalPage('batch-items', page, batchItem);
}

export function encodeOutcomes(outcomes: readonly BatchOutcome[]): Uint8Array {
  return encodeJournalPage('batch-outcomes', outcomes);
}

export function parseOutcomes(page: Uint8Array): readonly BatchOutcome[] {
  return parseJournalPage('batch-outcomes', page, batchOutcome);
}
