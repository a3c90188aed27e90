import type {Client} from '@temporalio/client';
import {artifactRows, keepMs} from '../../../activities/artifact-rows.js';
import {namesIn} from '../../../activities/retention/directories.js';
import type {Catalog} from '../../artifacts/catalog/catalog.js';
import {recordKey} from '../../artifacts/keys.js';
import {parseStoredExecution, STORED_EXECUTION_BYTES, type StoredExecution} from '../../artifacts/stored-execution.js';
import {isWaybillError} from '../../contracts/errors.js';
import {executionInput} from '../../contracts/execution.js';
import {executionId} from '../../contracts/ids.js';
import {workflowNames} from '../../contracts/names.js';
import type {Store} from '../../stores/store.js';

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

/** Makes the records again that the store's journal has and the catalog lacks. Changes none that is there. */
export async function* rebuildEnded(options: RebuildOptions): AsyncGenerator<Rebuilt> {
  const {store, signal} = options;
  for await (const id of namesIn(store, 'journal', signal)) {
    if (!executionId.safeParse(id).success) continue;
    try {
      const key = recordKey(id);
      const content = await store.getObject(key, STORED_EXECUTION_BYTES, {signal});
      // One that has not ended has none yet.
      if (content) yield await restore(options, parseStoredExecution(content, key));
    } catch (error) {
      if (!isWaybillError(error) || error.retryable) throw error;
      yield {outcome: 'unreadable', id, reason: error.message};
    }
  }
}

async function restore({store, catalog, retentionDays}: RebuildOptions, stored: StoredExecution): Promise<Rebuilt> {
  const {id, request, runs} = stored;
  const isNew = await catalog.restoreExecution(stored);
  const retentionMs = keepMs(request.keepFor, retentionDays);
  let artifacts = 0;
  // Also where the record is there: a rebuild that was killed may have left it without its files.
  for (const {generation, result} of runs) {
    if (result === undefined) continue;
    for (const [kind, rows] of await artifactRows(store, {executionId: id, generation}, result, request)) {
      if (rows.length === 0 || (await catalog.getExecution(id)) === undefined) continue;
      await catalog.recordArtifacts(id, generation, kind, rows, {retentionMs, createdAt: result.endedAt});
      artifacts += rows.length;
    }
  }
  return isNew ? {outcome: 'restored', id, artifacts} : {outcome: 'known', id};
}

/** Executions that run now: their requests are in Temporal alone. */
export async function* rebuildRunning(client: Client, catalog: Catalog): AsyncGenerator<Rebuilt> {
  const query = `WorkflowType = '${workflowNames.execution}' AND ExecutionStatus = 'Running'`;
  for await (const {workflowId: id, runId, startTime} of client.workflow.list({query})) {
    const {events} = await client.workflow.getHandle(id, runId).fetchHistory();
    const started = events?.[0]?.workflowExecutionStartedEventAttributes;
    const payload = started?.input?.payloads?.[0];
    const given: unknown = payload?.data ? JSON.parse(Buffer.from(payload.data).toString('utf8')) : undefined;
    const request = executionInput.safeParse(given);
    if (!request.success) {
      yield {outcome: 'unreadable', id, reason: 'its request cannot be read from its history'};
      continue;
    }
    const createdAt = startTime.toISOString();
    const generation = request.data.resume?.generation ?? 1;
    const isNew = await catalog.restoreExecution({
      ...{waybill: 'execution', version: 1, id, request: request.data, createdAt},
      runs: [{runId, generation, openedAt: createdAt}],
      ...{kept: false, removing: false, expiresAt: null},
    });
    yield isNew ? {outcome: 'restored', id, artifacts: 0} : {outcome: 'known', id};
  }
}
