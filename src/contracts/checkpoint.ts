import type {ErrorCode} from './error-codes.js';

/**
 * What an activity's heartbeat carries: where to look and what to show, never what counts. People read it in the
 * Temporal UI, the CLI reads it through `describe`, and the next attempt of the activity reads it to start.
 */
export interface Checkpoint {
  readonly version: 1;
  readonly step: 'move' | 'run' | 'plan' | 'clean-up' | 'ask';
  /** Grows with everything that this step has achieved over all attempts; an attempt that moves it made progress. */
  readonly progress: number;
  /** `progress` when this attempt began. */
  readonly progressAtStart: number;
  /** Attempts in a row, this one not counted, that ended without moving `progress`. */
  readonly stalledAttempts: number;
  /** An attempt before this one got no further: later ones go by small steps. */
  readonly stalledBefore?: true;
  /** Why an attempt ended that does not count as stalled; `unreachable` also where it has to leave the work to others. */
  readonly stopped?: 'shutdown' | 'hand-over' | 'unreachable' | 'waiting';
  /** Since when that has been so, in milliseconds since 1970. */
  readonly unreachableSince?: number;
  /** Why the last attempt failed, for the message when no attempts are left. */
  readonly lastError?: string;
  /** The code of that failure, under which the step then ends. */
  readonly lastCode?: ErrorCode | undefined;
  readonly move?: MoveProgress;
  readonly run?: RunProgress;
  /** Of the segment of a transfer that this activity moves. */
  readonly copy?: CopyProgress;
}

export type CopyProgress = Omit<MoveProgress, 'direction'>;

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
  /** Where this attempt goes on in `file`: the end of what is proved of earlier attempts. Absent where nothing is yet. */
  readonly resumedFrom?: number;
  /** Bytes that earlier attempts say they sent, and that are being proved: in no other number yet. Absent for none. */
  readonly checkingBytes?: number;
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

/** True for a checkpoint that this version can read; what another version or another author wrote is not used. */
export function isCheckpoint(value: unknown): value is Checkpoint {
  if (typeof value !== 'object' || value === null) return false;
  return 'version' in value && value.version === 1 && 'progress' in value && typeof value.progress === 'number';
}

/** Attempts without progress that end a step. */
export const MAX_STALLED_ATTEMPTS = 3;

/**
 * How long a store or target may be silent before a step ends, in milliseconds: an hour covers a reboot, a redeployment
 * and most repairs, and is over before a night's batch is lost to a typing error in a host name.
 */
export const UNREACHABLE_BUDGET_MS = 3_600_000;

export type AttemptDecision =
  | {
      readonly decision: 'go-on';
      readonly stalledAttempts: number;
      readonly progress: number;
      readonly unreachableSince?: number;
    }
  | {readonly decision: 'give-up'; readonly message: string};

/**
 * Decides from the last checkpoint whether a new attempt starts. A retry that made progress costs nothing; a shutdown
 * or a hand-over does not count; `maxStalled` attempts in a row without progress end the step; silence of the
 * other side is not counted but timed.
 */
export function decideAttempt(
  last: Checkpoint | undefined,
  now: number,
  maxStalled = MAX_STALLED_ATTEMPTS,
): AttemptDecision {
  if (last === undefined) return {decision: 'go-on', stalledAttempts: 0, progress: 0};
  const reason = last.lastError ?? 'no attempt got further';
  if (last.stopped === 'unreachable') {
    const since = last.unreachableSince ?? now;
    if (now - since > UNREACHABLE_BUDGET_MS) {
      return {decision: 'give-up', message: `in vain for ${Math.round((now - since) / 60_000)} minutes: ${reason}`};
    }
    return {decision: 'go-on', stalledAttempts: last.stalledAttempts, progress: last.progress, unreachableSince: since};
  }
  const moved = last.progress > last.progressAtStart;
  const counts = last.stopped === undefined;
  const stalledAttempts = moved ? 0 : last.stalledAttempts + (counts ? 1 : 0);
  if (stalledAttempts >= maxStalled) {
    return {decision: 'give-up', message: `${stalledAttempts} attempts in a row got no further: ${reason}`};
  }
  return {decision: 'go-on', stalledAttempts, progress: last.progress};
}

/** How long to wait before the next attempt, in milliseconds: at once after progress, longer the longer nothing moves. */
export function retryDelay(checkpoint: Checkpoint, now: number): number {
  if (checkpoint.stopped === 'unreachable') {
    // A tenth of the silence so far: a short drop is taken up at once, a long outage is not hammered.
    const silence = now - (checkpoint.unreachableSince ?? now);
    return Math.min(30_000, Math.max(500, silence / 10));
  }
  if (checkpoint.stopped === 'waiting') return 2_000;
  if (checkpoint.progress > checkpoint.progressAtStart) return 250;
  return [1_000, 5_000][checkpoint.stalledAttempts] ?? 15_000;
}
