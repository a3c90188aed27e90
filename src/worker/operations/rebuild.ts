import {artifactRows, keepMs} from '../../../activities/artifact-rows.js';
import {namesIn} from '../../../activities/retention/directories.js';
import type {Catalog, OpenRequest, StoredFiles} from '../../artifacts/catalog/catalog.js';
import {recordKey} from '../../artifacts/keys.js';
import {parseStoredExecution, STORED_EXECUTION_BYTES, type StoredExecution} from '../../artifacts/stored-execution.js';
import {isWaybillError} from '../../contracts/errors.js';
import {executionInput} from '../../contracts/execution.js';
import {executionId} from '../../contracts/ids.js';
import {workflowNames} from '../../contracts/names.js';
import type {Store} from '../../stores/store.js';
import type {OperatorTemporal} from './temporal.js';

export interface RebuildOptions {
  readonly store: Store;
  readonly catalog: Catalog;
  /** Days that what says nothing else is kept. */
  readonly retentionDays: number;
  readonly signal: AbortSignal;
}

/** `known`: the catalog has it already, or it was removed. `unreadable`: why is in `reason`. */
export type Rebuilt =
  | {readonly outcome: 'restored'; readonly id: string; readonly artifacts: number}
  | {readonly outcome: 'known'; readonly id: string}
  | {readonly outcome: 'unreadable'; readonly id: string; readonly reason: string};

type Decoding = Pick<OperatorTemporal, 'client' | 'payloads'>;

/**
 * Makes the records again that the catalog lacks: of executions that run now first, so that none that has been taken up
 * again is taken for one that has ended, then of the others. Changes no record that is there.
 */
export async function* rebuild(temporal: Decoding, options: RebuildOptions): AsyncGenerator<Rebuilt> {
  const running = new Set<string>();
  for await (const rebuilt of rebuildRunning(temporal, options)) {
    running.add(rebuilt.id);
    yield rebuilt;
  }
  for await (const id of namesIn(options.store, 'journal', options.signal)) {
    if (!executionId.safeParse(id).success || running.has(id)) continue;
    const rebuilt = await readable(id, () => restoreEnded(options, id));
    // One that has not ended has no record yet.
    if (rebuilt) yield rebuilt;
  }
}

/** Requests of what runs now are in Temporal alone; its earlier runs, and what was decided of it, in the store. */
async function* rebuildRunning({client, payloads}: Decoding, options: RebuildOptions): AsyncGenerator<Rebuilt> {
  const query = `WorkflowType = '${workflowNames.execution}' AND ExecutionStatus = 'Running'`;
  for await (const {workflowId: id, runId, startTime} of client.workflow.list({query})) {
    const {events} = await client.workflow.getHandle(id, runId).fetchHistory();
    const started = events?.[0]?.workflowExecutionStartedEventAttributes;
    const payload = started?.input?.payloads?.[0];
    const given: unknown = payload ? await payloads.decodeValue(payload).catch(() => undefined) : undefined;
    const request = executionInput.safeParse(given);
    if (!request.success) {
      yield {outcome: 'unreadable', id, reason: 'its request cannot be read from its history'};
      continue;
    }
    const run = {executionId: id, runId, input: request.data};
    const rebuilt = await readable(id, () => restoreRunning(options, run, startTime.toISOString()));
    if (rebuilt) yield rebuilt;
  }
}

async function restoreRunning(options: RebuildOptions, run: OpenRequest, openedAt: string): Promise<Rebuilt> {
  const {executionId: id, runId, input} = run;
  const {generation = 1, from} = input.resume ?? {};
  const ended = from === undefined ? undefined : await restoreEnded(options, id);
  const stored: StoredExecution = {
    ...{waybill: 'execution', version: 1, id, request: input, createdAt: openedAt},
    ...{runs: [{runId, generation, openedAt}], kept: false, removing: false, expiresAt: null},
  };
  if (await options.catalog.restoreExecution(stored, [])) return {outcome: 'restored', id, artifacts: 0};
  // It runs, so it was opened: whatever the store has recorded of earlier ends came before.
  const taken = from && {...run, input: {...input, resume: {generation, from}}};
  const takenUp = taken !== undefined && (await options.catalog.openExecution(taken)) === 'opened';
  if (ended?.outcome === 'restored') return ended;
  return takenUp ? {outcome: 'restored', id, artifacts: 0} : {outcome: 'known', id};
}

async function restoreEnded(options: RebuildOptions, id: string): Promise<Rebuilt | undefined> {
  const {store, catalog, retentionDays, signal} = options;
  const key = recordKey(id);
  const content = await store.getObject(key, STORED_EXECUTION_BYTES, {signal});
  if (content === undefined) return undefined;
  const stored = parseStoredExecution(content, key);
  if ((await catalog.getExecution(id)) !== undefined) return {outcome: 'known', id};
  const {request, runs, removing} = stored;
  const retentionMs = keepMs(request.keepFor, retentionDays);
  const files: StoredFiles[] = [];
  for (const {generation, result} of runs) {
    // Nobody asks for files of what is being removed.
    if (result === undefined || removing) continue;
    for (const [kind, rows] of await artifactRows(store, {executionId: id, generation}, result, request)) {
      files.push({generation, kind, rows, retentionMs, createdAt: result.endedAt});
    }
  }
  if (!(await catalog.restoreExecution(stored, files))) return {outcome: 'known', id};
  return {outcome: 'restored', id, artifacts: files.reduce((sum, {rows}) => sum + rows.length, 0)};
}

async function readable(id: string, work: () => Promise<Rebuilt | undefined>): Promise<Rebuilt | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isWaybillError(error) || error.retryable) throw error;
    return {outcome: 'unreadable', id, reason: error.message};
  }
}
