/**
 * What an activity's heartbeat carries: where to look and what to show, never what counts. People read it in the
 * Temporal UI, the CLI reads it through `describe`, and the next attempt of the activity reads it to start.
 */
export interface Checkpoint {
  readonly version: 1;
  readonly step: 'move' | 'run' | 'plan' | 'clean-up';
  /** Grows with everything that this step has achieved over all attempts; an attempt that moves it made progress. */
  readonly progress: number;
  /** `progress` when this attempt began. */
  readonly progressAtStart: number;
  /** Attempts in a row, this one not counted, that ended without moving `progress`. */
  readonly stalledAttempts: number;
  /** Set by an attempt that a shutdown or a hand-over ended: it does not count as stalled. */
  readonly stopped?: 'shutdown' | 'hand-over';
  /** Why the last attempt failed, for the message when no attempts are left. */
  readonly lastError?: string;
  readonly move?: MoveProgress;
  readonly run?: RunProgress;
}

export interface MoveProgress {
  readonly direction: 'stage' | 'collect';
  readonly filesDone: number;
  readonly filesTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** Bytes a second over the last seconds. */
  readonly rate: number;
  /** The file under way, and how far it is. */
  readonly file?: {readonly name: string; readonly offset: number; readonly size: number};
  /** The offset at which this attempt took up a partial, for the file under way or the last one resumed. */
  readonly resumedFrom?: number;
  /** Bytes of earlier attempts that were proved and not sent again. */
  readonly resumedBytes: number;
  /** Bytes put on the line by this attempt. */
  readonly sentBytes: number;
}

export interface RunProgress {
  /** `queued` while the target's limit of concurrent executions is reached. */
  readonly state: 'queued' | 'starting' | 'running' | 'draining';
  readonly place?: number;
  readonly pid?: number;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
}

/** Attempts without progress that end a step. */
export const MAX_STALLED_ATTEMPTS = 3;

export type AttemptDecision =
  | {readonly decision: 'go-on'; readonly stalledAttempts: number; readonly progress: number}
  | {readonly decision: 'give-up'; readonly stalledAttempts: number; readonly lastError: string};

/**
 * Decides from the last checkpoint whether a new attempt starts. A retry that made progress costs nothing; a shutdown
 * or a hand-over does not count; MAX_STALLED_ATTEMPTS attempts in a row without progress end the step.
 */
export function decideAttempt(last: Checkpoint | undefined): AttemptDecision {
  if (last === undefined) return {decision: 'go-on', stalledAttempts: 0, progress: 0};
  const moved = last.progress > last.progressAtStart;
  const counts = last.stopped === undefined;
  const stalledAttempts = moved ? 0 : last.stalledAttempts + (counts ? 1 : 0);
  if (stalledAttempts >= MAX_STALLED_ATTEMPTS) {
    return {decision: 'give-up', stalledAttempts, lastError: last.lastError ?? 'no attempt got further'};
  }
  return {decision: 'go-on', stalledAttempts, progress: last.progress};
}
