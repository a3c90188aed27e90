import {transferRoot} from '../../src/artifacts/keys.js';
import type {TransferOutcome} from '../../src/contracts/catalog.js';
import {WaybillError} from '../../src/contracts/errors.js';
import type {Store} from '../../src/stores/store.js';
import {outcomeOfRefused} from '../../src/transfer/copy/counts.js';
import {readOutcomes} from '../moves/outcome-pages.js';
import {readPage, readRefused, readTransferPlan, type TransferPlan} from './transfer-plan.js';

/** Half of what Temporal lets an answer have. */
const PAGE_BYTES = 1024 * 1024;

export interface OutcomesQuestion {
  readonly failed: boolean;
  readonly limit: number;
  /** From an earlier answer's `next`. */
  readonly after?: string;
}

/** One page of what became of a transfer's files: those of each segment, then the names that were never planned. */
export async function outcomesPage(
  store: Store,
  transferId: string,
  {failed, limit, after}: OutcomesQuestion,
): Promise<{readonly outcomes: readonly TransferOutcome[]; readonly next?: string}> {
  const {signal} = new AbortController();
  const plan = await readTransferPlan(store, transferId, signal);
  if (plan === undefined) return {outcomes: []};
  const outcomes: TransferOutcome[] = [];
  let bytes = 0;
  let {segment, index} = cursor(after);
  for (; segment <= plan.segments.length; segment++, index = 0) {
    const found = await settled(store, transferId, plan, segment, signal);
    for (; index < found.length; index++) {
      const outcome = found[index];
      if (outcome === undefined || (failed && outcome.outcome !== 'failed')) continue;
      const length = JSON.stringify(outcome).length;
      const full = outcomes.length === limit || (outcomes.length > 0 && bytes + length > PAGE_BYTES);
      if (full) return {outcomes, next: `${segment}:${index}`};
      outcomes.push(outcome);
      bytes += length;
    }
  }
  return {outcomes};
}

/** In the plan's order: what is not settled yet is left out. The one after the last segment is what was never planned. */
async function settled(
  store: Store,
  transferId: string,
  plan: TransferPlan,
  segment: number,
  signal: AbortSignal,
): Promise<readonly TransferOutcome[]> {
  if (segment === plan.segments.length) {
    return (await readRefused(store, transferId, plan, signal)).map(outcomeOfRefused);
  }
  const known = await readOutcomes(store, transferRoot(transferId), segment, signal);
  const byName = new Map(known.map((outcome) => [outcome.name, outcome]));
  const files = await readPage(store, transferId, plan, segment, signal);
  return files.flatMap(({name}) => byName.get(name) ?? []);
}

function cursor(after: string | undefined): {readonly segment: number; readonly index: number} {
  if (after === undefined) return {segment: 0, index: 0};
  const [, segment, index] = /^(\d{1,9}):(\d{1,9})$/.exec(after) ?? [];
  if (segment !== undefined && index !== undefined) return {segment: Number(segment), index: Number(index)};
  throw new WaybillError('input.invalid', `after: ${JSON.stringify(after)} is not from an earlier answer`);
}
