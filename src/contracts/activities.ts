import type {BatchActivities} from './batch-activities.js';
import type {CatalogAnswer, CatalogQuestion} from './catalog.js';
import type {ExecutionActivities} from './execution-activities.js';
import type {RetentionActivities} from './retention-activities.js';
import type {StoreAnswer, StoreQuestion} from './store.js';
import type {SealedTickets, TicketRequest, TicketSession} from './tickets.js';
import type {TransferActivities} from './transfer-activities.js';

export type * from './batch-activities.js';
export type * from './execution-activities.js';
export type * from './retention-activities.js';
export type * from './transfer-activities.js';

export interface StoreRequest {
  readonly question: StoreQuestion;
  /** Another worker has said that this one reaches the place. */
  readonly forwarded: boolean;
}

export type StoreReply =
  | {readonly reply: 'answer'; readonly answer: StoreAnswer}
  /** The place belongs to the worker of this task queue. */
  | {readonly reply: 'elsewhere'; readonly taskQueue: string};

/** The activities that the workflows call, by name. */
export interface WaybillActivities
  extends ExecutionActivities,
    TransferActivities,
    BatchActivities,
    RetentionActivities {
  readonly answerCatalog: (question: CatalogQuestion) => Promise<CatalogAnswer>;
  /** Signs the requests of a client, where they are about its execution, and seals what comes of it. */
  readonly issueTickets: (request: {
    readonly session: TicketSession;
    readonly requests: readonly TicketRequest[];
  }) => Promise<SealedTickets>;
  readonly answerStore: (request: StoreRequest) => Promise<StoreReply>;
}
