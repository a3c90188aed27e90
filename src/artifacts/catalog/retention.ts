import type {Database} from './connection.js';
import {
  claimArtifacts,
  claimExecutions,
  dateAbandoned,
  dateUndated,
  type ExpiredArtifact,
  type ExpiredExecution,
  type ExpiryPage,
  findAbandoned,
  findExpired,
  findExpiredArtifacts,
  requestRemoval,
} from './expired.js';
import {translated} from './failures.js';
import {findForgotten, forgetArtifacts, forgetExecutions, forgetIds, forgetTickets, wasRemoved} from './forget.js';
import {addToRun, beginRun, databaseTime, endRun, getRun, lastRun, type RetentionRun} from './retention-runs.js';
import {adoptStore, storeId} from './store-id.js';

export type {ExpiredArtifact, ExpiredExecution, ExpiryPage} from './expired.js';
export type {RetentionRun} from './retention-runs.js';

/**
 * What the sweep asks and writes. Nothing here reads a clock: what counts as expired is what the caller's `cutoff` says.
 * A row is claimed before its files go, so that nothing keeps or takes it up meanwhile, and forgotten after they went:
 * a sweep that is killed in between finds the claimed ones again.
 */
export interface RetentionCatalog {
  /** PostgreSQL's clock. */
  time(): Promise<Date>;
  begin(run: string): Promise<void>;
  end(run: string, failure?: string): Promise<void>;
  lastRun(): Promise<RetentionRun | undefined>;
  getRun(run: string): Promise<RetentionRun | undefined>;
  /** Ended executions of which everything has expired, and those that a sweep before has claimed. */
  findExpired(page: ExpiryPage): Promise<readonly ExpiredExecution[]>;
  /** Answers with the ids that nothing takes up any more. */
  claimExecutions(ids: readonly string[], cutoff: Date): Promise<readonly string[]>;
  /** The files are gone: the records go, and are counted, in one step. */
  forgetExecutions(run: string, ids: readonly string[]): Promise<void>;
  /** Of ended executions that stay. */
  findExpiredArtifacts(page: ExpiryPage): Promise<readonly ExpiredArtifact[]>;
  claimArtifacts(ids: readonly string[], cutoff: Date): Promise<readonly string[]>;
  forgetArtifacts(run: string, ids: readonly string[]): Promise<void>;
  forgetTickets(run: string, cutoff: Date): Promise<void>;
  countLeftovers(run: string, names: number): Promise<void>;
  /** Open since before `cutoff`: their workflow may have been terminated. */
  findAbandoned(page: ExpiryPage): Promise<readonly string[]>;
  /** Their workflow is gone: they expire at `expiresAt`, unless they are taken up again. */
  dateAbandoned(ids: readonly string[], expiresAt: Date): Promise<void>;
  /** Ended while a worker of an earlier version ran beside, which gives no date. */
  dateUndated(expiresAt: Date): Promise<void>;
  /** Somebody wants it gone, whatever its date. Rejects with `execution.open` while it is open. */
  requestRemoval(id: string): Promise<void>;
  /** The ids of records that went before `cutoff` may be used again. */
  forgetIds(cutoff: Date): Promise<void>;
  wasRemoved(id: string): Promise<boolean>;
  /** Those of the ids whose records have gone: nothing of them is to be kept. */
  findForgotten(ids: readonly string[]): Promise<readonly string[]>;
  /** The store that this catalog describes. */
  storeId(): Promise<string | undefined>;
  /** Answers with the id that holds: another worker may have been faster. */
  adoptStore(id: string): Promise<string>;
}

export function retentionCatalog(db: Database): RetentionCatalog {
  const sweep = <T>(question: () => Promise<T>) => translated('sweep', question);
  return {
    time: () => translated('tell the time', () => databaseTime(db)),
    begin: (run) => sweep(() => beginRun(db, run)),
    end: (run, failure) => sweep(() => endRun(db, run, failure)),
    lastRun: () => sweep(() => lastRun(db)),
    getRun: (run) => sweep(() => getRun(db, run)),
    findExpired: (page) => sweep(() => findExpired(db, page)),
    claimExecutions: (ids, cutoff) => sweep(() => claimExecutions(db, ids, cutoff)),
    forgetExecutions: (run, ids) => sweep(() => forgetExecutions(db, run, ids)),
    findExpiredArtifacts: (page) => sweep(() => findExpiredArtifacts(db, page)),
    claimArtifacts: (ids, cutoff) => sweep(() => claimArtifacts(db, ids, cutoff)),
    forgetArtifacts: (run, ids) => sweep(() => forgetArtifacts(db, run, ids)),
    forgetTickets: (run, cutoff) => sweep(() => forgetTickets(db, run, cutoff)),
    countLeftovers: (run, names) => sweep(() => addToRun(db, run, {leftovers: names})),
    findAbandoned: (page) => sweep(() => findAbandoned(db, page)),
    dateAbandoned: (ids, expiresAt) => sweep(() => dateAbandoned(db, ids, expiresAt)),
    dateUndated: (expiresAt) => sweep(() => dateUndated(db, expiresAt)),
    requestRemoval: (id) => sweep(() => requestRemoval(db, id)),
    forgetIds: (cutoff) => sweep(() => forgetIds(db, cutoff)),
    findForgotten: (ids) => sweep(() => findForgotten(db, ids)),
    wasRemoved: (id) => sweep(() => wasRemoved(db, id)),
    storeId: () => sweep(() => storeId(db)),
    adoptStore: (id) => sweep(() => adoptStore(db, id)),
  };
}
