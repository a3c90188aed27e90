import type {RetentionCounts, RetentionNote} from './retention.js';

export interface SweepRequest {
  /** Names the sweep over all runs and attempts of its workflow. */
  readonly sweepId: string;
  /** What had expired by then: ISO 8601. */
  readonly cutoff: string;
  /** These alone, whatever their date. */
  readonly executionIds?: readonly string[];
  /** Executions whose workspaces are gone since the last call. */
  readonly workspacesGone: readonly string[];
  /** Executions that stay for now. */
  readonly passedOver: readonly string[];
  /** Targets that seem to be away: executions with workspaces there stay for now. Default: none. */
  readonly targetsAway?: readonly string[];
}

/** An execution whose workspaces have to go before it does, on the worker that reaches its target. */
export interface WorkspacesOf {
  readonly executionId: string;
  readonly target: string;
  readonly taskQueue: string;
  /** They are 1 to this. */
  readonly generation: number;
}

export interface Swept {
  /** The first that are in the way; none where everything is done. */
  readonly workspaces: readonly WorkspacesOf[];
  readonly left: readonly RetentionNote[];
}

export interface RetentionActivities {
  /** Begins a sweep; answers with PostgreSQL's clock. Refuses a store that is not the catalog's. */
  readonly openSweep: (request: Pick<SweepRequest, 'sweepId' | 'executionIds'>) => Promise<{readonly time: string}>;
  /** Removes what has expired by `cutoff`, until nothing is left but what workspaces are in the way of. */
  readonly sweepExpired: (request: SweepRequest) => Promise<Swept>;
  /** Removes what belongs to nothing any more: unfinished files, uploads, journals, tickets, ids. */
  readonly sweepLeftovers: (request: Pick<SweepRequest, 'sweepId' | 'cutoff'>) => Promise<void>;
  readonly closeSweep: (request: {readonly sweepId: string; readonly failure?: string}) => Promise<RetentionCounts>;
}
