import {Context} from '@temporalio/activity';
import type {WaybillActivities} from '../src/contracts/activities.js';
import {hasCode} from '../src/contracts/errors.js';
import {artifactRows, keepMs} from './artifact-rows.js';
import type {ActivityDeps} from './deps.js';
import {exemptOutputs} from './exempt-outputs.js';
import {writeStoredExecution} from './stored-execution.js';

/**
 * Writes artifacts first, then how the execution ended: whoever reads an end finds its files. Then the store gets the
 * record, from which the catalog can be made again. May be done again.
 */
export function recordEnd({catalog, lifecycle, retentionDays, store}: ActivityDeps): WaybillActivities['recordEnd'] {
  return async ({ref, result}) => {
    const {executionId, generation} = ref;
    const request = (await catalog.getRetryBasis(executionId))?.request;
    const keep = keepMs(request?.keepFor, retentionDays);
    const kinds = await artifactRows(store, ref, result, request ?? {});
    await Promise.all(
      kinds.map(async ([kind, rows]) => {
        if (rows.length === 0) return;
        await catalog.recordArtifacts(executionId, generation, kind, rows, {retentionMs: keep, at: result.endedAt});
      }),
    );
    const runId = Context.current().info.workflowExecution?.runId ?? '';
    await catalog.finishExecution({runId, result, keepMs: keep});
    // Somebody kept it while its outputs were on their way: what came after that has the tag.
    const mayExpire = keep !== null && result.collected.files > 0;
    if (mayExpire && (await catalog.getExecution(executionId))?.kept === true)
      await exemptOutputs(lifecycle, executionId);
    try {
      await writeStoredExecution(store, catalog, executionId);
    } catch (error) {
      // A full store would hold up the end of the very runs that failed for it. A retry writes the record again.
      if (!hasCode(error, 'store.no-space')) throw error;
      Context.current().log.warn('the store is full: the record of this run is in the catalog alone', {executionId});
    }
  };
}
