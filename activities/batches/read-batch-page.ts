import {batchItemsKey, inputManifestKey} from '../../src/artifacts/keys.js';
import type {BatchRef, PlannedItem, WaybillActivities} from '../../src/contracts/activities.js';
import {type BatchItem, type BatchOutcome, itemId} from '../../src/contracts/batch.js';
import {WaybillError} from '../../src/contracts/errors.js';
import {decideRetry} from '../../src/contracts/retry.js';
import {inParallel} from '../../src/stores/in-parallel.js';
import {runAttempt} from '../attempt.js';
import type {ActivityDeps} from '../deps.js';
import {readItems} from './batch-journal.js';

/** Questions to the catalog at once. */
const AT_ONCE = 4;

/** One page of items, with what is to be done for each: of a later round that depends on how its execution ended. */
export function readBatchPage(deps: ActivityDeps): WaybillActivities['readBatchPage'] {
  return ({batchId, round, page}) =>
    runAttempt('ask', deps.records, async () => {
      const items = await readItems(deps.store, batchId, round, page);
      if (items === undefined) {
        throw new WaybillError('execution.inputs-missing', `page ${page} was announced and is not in the store`, {
          path: batchItemsKey(batchId, round, page),
        });
      }
      const planned = items.map((item): PlannedItem => firstStart({batchId, round}, item));
      if (round > 1) {
        await inParallel(items.entries(), AT_ONCE, async ([at, item]) => {
          planned[at] = await againFrom(deps, {batchId, round}, item);
        });
      }
      return planned;
    });
}

function firstStart(ref: BatchRef, item: BatchItem): PlannedItem {
  if (item.failed === undefined) return {item, begin: 'start'};
  return {item, begin: 'settled', outcome: failed(ref, item, item.failed.code, item.failed.message)};
}

async function againFrom(deps: ActivityDeps, ref: BatchRef, item: BatchItem): Promise<PlannedItem> {
  const {catalog, leftoverDays, store} = deps;
  const id = itemId(ref.batchId, item.index);
  const basis = await catalog.getRetryBasis(id);
  if (basis === undefined) {
    // Its execution never got as far as the catalog: what it needs is still there, unless the batch was cancelled.
    if ((await store.stat(inputManifestKey(id))) !== undefined) return {item, begin: 'start'};
    const why = item.failed?.message ?? 'its inputs are no longer in the store: run it anew';
    return {item, begin: 'settled', outcome: failed(ref, item, 'execution.inputs-missing', why)};
  }
  const {lastResult: last, lastGeneration, lastRunId, request} = basis;
  if (last?.outcome === 'succeeded') {
    // Somebody has run it again by itself.
    const {files, bytes} = last.collected;
    const {index, input} = item;
    const outcome: BatchOutcome = {index, id, input, round: ref.round, outcome: 'succeeded', files, bytes};
    return {item, begin: 'settled', outcome};
  }
  const decision = decideRetry(request, last, {now: Date.now(), leftoverDays, lastRunId});
  const resume = decision.decision === 'retry' ? decision.request.resume : undefined;
  if (resume) return {item, begin: 'resume', resume};
  // It runs, or its end was never recorded: Temporal says which when it is started.
  const after = {runId: lastRunId, ended: last !== undefined};
  return {item, begin: 'resume', resume: {generation: lastGeneration + 1, from: 'stage', after}};
}

function failed({batchId, round}: BatchRef, {index, input}: BatchItem, code: string, message: string): BatchOutcome {
  const id = itemId(batchId, index);
  return {index, id, input, round, outcome: 'failed', code, message, files: 0, bytes: 0};
}
