import {encodeItems} from '../../src/artifacts/batch-pages.js';
import {batchItemsKey, batchKey, batchRoundKey} from '../../src/artifacts/keys.js';
import type {OpenedBatch, WaybillActivities} from '../../src/contracts/activities.js';
import type {BatchItem} from '../../src/contracts/batch.js';
import {mergeRounds} from '../../src/contracts/batch-progress.js';
import {WaybillError} from '../../src/contracts/errors.js';
import {requireAllowed} from '../allowed.js';
import {runAttempt} from '../attempt.js';
import type {ActivityDeps} from '../deps.js';
import {lastRound, readHead, readItems, readRound, writeJson} from './batch-journal.js';
import {outcomesOf} from './outcomes-of-batch.js';

type OpenBatchRequest = Parameters<WaybillActivities['openBatch']>[0];

/** Items of one page of a later round. */
const PAGE = 100;

/** Takes the id of a batch in the journal, or begins a round for what did not succeed in those before. */
export function openBatch(deps: ActivityDeps): WaybillActivities['openBatch'] {
  return ({batchId, runId, input}) => runAttempt('ask', deps.records, () => open(deps, {batchId, runId, input}));
}

async function open(deps: ActivityDeps, {batchId, runId, input}: OpenBatchRequest): Promise<OpenedBatch> {
  const {store, targets, ticket} = deps;
  requireAllowed(targets, input.execution);
  if (input.retry) return {ticket, ...(await openRound(deps, batchId, runId))};
  const head = {version: 1, runId, createdAt: new Date().toISOString(), input};
  if (!(await writeJson(store, batchKey(batchId), head, {ifAbsent: true}))) {
    const first = await readHead(store, batchId);
    if (first?.runId !== runId) {
      throw new WaybillError('execution.id-used', `the id ${batchId} was used before`, {path: batchId});
    }
  }
  const counts = {items: input.items, succeeded: 0, failed: 0, cancelled: 0};
  return {ticket, round: 1, pages: input.pages, pagesSent: 0, counts};
}

async function openRound({store}: ActivityDeps, batchId: string, runId: string): Promise<Omit<OpenedBatch, 'ticket'>> {
  const head = await readHead(store, batchId);
  if (head === undefined) throw new WaybillError('batch.not-found', `no batch ${batchId} is known`, {path: batchId});
  const last = await lastRound(store, batchId);
  const own = (await readRound(store, batchId, last))?.runId === runId;
  const round = own ? last : last + 1;
  const outcomes = mergeRounds(await outcomesOf(store, batchId, round - 1));
  const {items, pages: allPages} = head.input;
  const again: BatchItem[] = [];
  let succeeded = 0;
  for (let page = 0; page < allPages; page += 1) {
    for (const item of (await readItems(store, batchId, 1, page)) ?? []) {
      if (outcomes.get(item.index)?.outcome === 'succeeded') succeeded += 1;
      else again.push(item);
    }
  }
  const pages = Math.ceil(again.length / PAGE);
  if (!own) {
    for (let page = 0; page < pages; page += 1) {
      const items = again.slice(page * PAGE, (page + 1) * PAGE);
      await store.putObject(batchItemsKey(batchId, round, page), encodeItems(items));
    }
    await writeJson(store, batchRoundKey(batchId, round), {version: 1, runId, pages});
  }
  return {round, pages, pagesSent: pages, counts: {items, succeeded, failed: 0, cancelled: 0}};
}
