import type {MovedFiles, RunEnd} from './activities.js';
import type {ExecutionResult, Failure, StageName, TransferTotals} from './execution.js';

/** What an execution has come to so far: everything that its result is made of. */
export interface ExecutionProgress {
  readonly executionId: string;
  readonly target: string;
  readonly generation: number;
  readonly starts: number;
  readonly staged?: MovedFiles;
  readonly run?: RunEnd;
  readonly collected?: MovedFiles;
  /** Why a stage could not be done. */
  readonly failure?: Failure;
  readonly cancelled: boolean;
}

const nothing: TransferTotals = {files: 0, bytes: 0, sentBytes: 0, resumedBytes: 0, failedFiles: 0};

/** The one terminal outcome (P5). `succeeded` is what is left when nothing else holds. */
export function conclude(progress: ExecutionProgress, endedAt: string): ExecutionResult {
  const failure = progress.failure ?? failureOf(progress);
  return {
    version: 1,
    executionId: progress.executionId,
    outcome: outcomeOf(progress, failure),
    ...(progress.run ? {command: progress.run.end} : {}),
    ...(failure ? {failure} : {}),
    target: progress.target,
    generation: progress.generation,
    staged: progress.staged?.totals ?? nothing,
    collected: progress.collected?.totals ?? nothing,
    warnings: [...(progress.staged?.warnings ?? []), ...(progress.collected?.warnings ?? [])],
    starts: progress.starts,
    ...(progress.run?.startedAt === undefined ? {} : {startedAt: progress.run.startedAt}),
    endedAt,
  };
}

function outcomeOf(progress: ExecutionProgress, failure: Failure | undefined): ExecutionResult['outcome'] {
  if (progress.cancelled || progress.run?.end.outcome === 'cancelled') return 'cancelled';
  if (progress.run?.end.outcome === 'lost') return 'lost';
  return failure ? 'failed' : 'succeeded';
}

function failureOf(progress: ExecutionProgress): Failure | undefined {
  if (progress.cancelled) return {code: 'execution.cancelled', message: 'cancelled on request', stage: 'run'};
  return (
    moveFailure(progress.staged, 'stage') ??
    (progress.run ? commandFailure(progress.run) : undefined) ??
    moveFailure(progress.collected, 'collect') ??
    missingOutput(progress.collected)
  );
}

/** The failure of a move that left files behind: its first one, and how many there were. */
export function moveFailure(moved: MovedFiles | undefined, stage: StageName): Failure | undefined {
  const first = moved?.failures[0];
  if (!moved || !first) return undefined;
  const others = moved.totals.failedFiles - 1;
  const more = others > 0 ? ` (and ${others} more files)` : '';
  return {code: first.code, message: `${first.name}: ${first.message}${more}`, stage};
}

function missingOutput(moved: MovedFiles | undefined): Failure | undefined {
  if (!moved || moved.missing.length === 0) return undefined;
  return {
    code: 'execution.required-output-missing',
    message: `no output matches ${moved.missing.map((pattern) => JSON.stringify(pattern)).join(', ')}`,
    stage: 'collect',
  };
}

function commandFailure({end, commandNotFound}: RunEnd): Failure | undefined {
  if (commandNotFound) {
    return {code: 'execution.command-not-found', message: 'the target has no such command', stage: 'run'};
  }
  switch (end.outcome) {
    case 'exited':
      return end.status === 0
        ? undefined
        : {code: 'execution.command-failed', message: `the command ended with status ${end.status}`, stage: 'run'};
    case 'signalled':
      return {code: 'execution.command-failed', message: `the command was ended by signal ${end.signal}`, stage: 'run'};
    case 'timed-out':
      return {
        code: 'execution.timed-out',
        message: `the command ran longer than ${end.timeoutMs / 1000} s`,
        stage: 'run',
      };
    case 'cancelled':
      return {code: 'execution.cancelled', message: 'cancelled on request', stage: 'run'};
    case 'lost':
      return {code: 'execution.lost', message: end.reason, stage: 'run'};
  }
}
