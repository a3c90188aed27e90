import type {ExecutionInput, ExecutionResult} from './execution.js';

export type RetryDecision =
  | {readonly decision: 'retry'; readonly request: ExecutionInput}
  | {readonly decision: 'refuse'; readonly reason: string};

/**
 * Decides from how an execution ended what is done again. Outputs that could not be collected are collected from the
 * workspace that was kept, for `leftoverDays` after the end: then the sweep has it. Everything else needs a fresh
 * workspace, hence a new generation, since the old one is gone.
 */
export function decideRetry(
  request: ExecutionInput,
  result: ExecutionResult | undefined,
  {now, leftoverDays, lastRunId}: {readonly now: number; readonly leftoverDays: number; readonly lastRunId: string},
): RetryDecision {
  if (!result) return {decision: 'refuse', reason: 'it has not ended yet'};
  if (result.outcome === 'succeeded') return {decision: 'refuse', reason: 'it succeeded: there is nothing to do again'};
  if (result.failure?.stage === 'upload') {
    return {decision: 'refuse', reason: 'its inputs never arrived: start it anew with `waybill run`'};
  }
  const after = {runId: lastRunId, ended: true};
  if (keptWorkspace(result) && now < Date.parse(result.endedAt) + leftoverDays * 86_400_000) {
    return {decision: 'retry', request: {...request, resume: {generation: result.generation, from: 'collect', after}}};
  }
  return {decision: 'retry', request: {...request, resume: {generation: result.generation + 1, from: 'stage', after}}};
}

/** True where the command has run and only its outputs are missing: removing the workspace would lose them. */
export function keptWorkspace(result: ExecutionResult): boolean {
  return result.failure?.stage === 'collect' && result.failure.code !== 'execution.required-output-missing';
}
