import type {BatchOutcome} from '../../src/contracts/batch.js';
import {WaybillError} from '../../src/contracts/errors.js';
import type {Store} from '../../src/stores/store.js';
import {readOutcomes, readRound} from './batch-journal.js';

/** Half of what Temporal lets an answer have. */
const PAGE_BYTES = 1024 * 1024;

/** Every outcome of the rounds up to this one, oldest first: of an item that was tried again there are several. */
export async function outcomesOf(store: Store, batchId: string, rounds: number): Promise<readonly BatchOutcome[]> {
  const all: BatchOutcome[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (let page = 0; ; page += 1) {
      const outcomes = await readOutcomes(store, batchId, round, page);
      if (outcomes === undefined) break;
      all.push(...outcomes);
    }
  }
  return all;
}

/**
 * What has ended since an earlier answer, in the order of the ends; nothing where no more has. The batch may run: the same
 * question may have more later, from `next` on.
 */
export async function outcomesSince(
  store: Store,
  batchId: string,
  {after, limit}: {readonly after?: string; readonly limit: number},
): Promise<{readonly outcomes: readonly BatchOutcome[]; readonly next: string}> {
  const outcomes: BatchOutcome[] = [];
  let bytes = 0;
  let {round, page, index} = cursor(after);
  const next = () => `${round}:${page}:${index}`;
  for (;;) {
    const found = await readOutcomes(store, batchId, round, page);
    if (found === undefined) {
      // A round begins when the one before it has ended: no page of that one is still to come.
      if ((await readRound(store, batchId, round + 1)) === undefined) return {outcomes, next: next()};
      round += 1;
      page = 0;
      index = 0;
      continue;
    }
    for (; index < found.length; index += 1) {
      const outcome = found[index];
      if (outcome === undefined) break;
      const length = JSON.stringify(outcome).length;
      if (outcomes.length === limit || (outcomes.length > 0 && bytes + length > PAGE_BYTES)) {
        return {outcomes, next: next()};
      }
      outcomes.push(outcome);
      bytes += length;
    }
    page += 1;
    index = 0;
  }
}

function cursor(after: string | undefined): {readonly round: number; readonly page: number; readonly index: number} {
  if (after === undefined) return {round: 1, page: 0, index: 0};
  const [, round, page, index] = /^(\d{1,9}):(\d{1,9}):(\d{1,9})$/.exec(after) ?? [];
  if (round !== undefined && round !== '0') return {round: Number(round), page: Number(page), index: Number(index)};
  throw new WaybillError('input.invalid', `after: ${JSON.stringify(after)} is not from an earlier answer`);
}
