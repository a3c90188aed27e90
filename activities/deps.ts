import type {Catalog} from '../src/artifacts/catalog/catalog.js';
import type {CompressionConfiguration, TransferConfiguration} from '../src/config/schema.js';
import type {IssueLog} from '../src/artifacts/tickets/issue-log.js';
import type {TicketOffice} from '../src/artifacts/tickets/office.js';
import type {Ticket} from '../src/contracts/artifacts.js';
import type {TargetRegistry} from '../src/worker/targets.js';
import type {Telemetry} from '../src/worker/telemetry.js';
import type {TaskRecords} from '../src/worker/task-records.js';
import type {Store} from '../src/stores/store.js';
import type {StoreLifecycle} from '../src/worker/store-lifecycle.js';
import type {DestinationClaims} from '../src/transfer/claims/destination-claims.js';

/** What the activities need of the worker that runs them. */
export interface ActivityDeps {
  /** The default store: inputs, outputs, logs and journal. */
  readonly store: Store;
  /** How a client reaches the default store. */
  readonly ticket: Ticket;
  /** Absent where the ticket is a path. */
  readonly tickets?: TicketOffice;
  /** Which tickets were issued. */
  readonly issueLog: IssueLog;
  /** Absent where the default store deletes nothing by itself. */
  readonly lifecycle?: StoreLifecycle;
  readonly targets: TargetRegistry;
  readonly catalog: Catalog;
  /** Which copy writes where. */
  readonly claims: DestinationClaims;
  readonly records: TaskRecords;
  readonly telemetry: Telemetry;
  /** Of the workflows, and of every target that names no other. */
  readonly taskQueue: string;
  readonly transfer: TransferConfiguration;
  readonly compression: CompressionConfiguration;
  /** Days for which an execution and its files are kept. */
  readonly retentionDays: number;
  /** Days after its end for which a workspace that was kept can be taken up by a retry. */
  readonly leftoverDays: number;
  /** Files that a sweep removes in a second at most. */
  readonly deletesPerSecond: number;
}
