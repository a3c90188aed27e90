import {rootOf} from '../artifacts/tickets/path-ticket.js';
import type {PathTicket, S3Ticket, Ticket} from '../contracts/artifacts.js';
import {openLocalStore} from '../stores/local/store.js';
import type {Store, StorePath} from '../stores/store.js';
import type {Session} from './connect.js';
import {machineId} from './machine.js';

/** The default store as a client reaches it, for the files of one execution. */
export interface TicketStore {
  readonly store: Store;
  /** Bytes from which on a text is compressed on its way up; absent: none is. */
  readonly compressFrom?: number;
  /** Bytes of the largest input that may be sent; absent: any. */
  readonly maxFileBytes?: number;
  /** Names what is read soon, so that its tickets come together. */
  announceReads(paths: readonly StorePath[]): void;
  close(): Promise<void>;
}

/** As far as inputs are sent there. */
export type InputsPlace = Pick<TicketStore, 'store' | 'compressFrom' | 'maxFileBytes'>;

export interface TicketScope {
  /** The id is that of a batch, and the store is for all of its executions. */
  readonly batch?: boolean;
}

/** Requests at once: as many files move at a time. */
const CONNECTIONS = 10;

/** A server that is down is said after two or three seconds: whoever waits at a terminal can decide. */
const TRIES = 6;

/** Rejects with `config.not-this-host` where the store is a path of another machine. */
export async function openTicketStore(
  ticket: Ticket,
  session: Session,
  executionId: string,
  scope: TicketScope = {},
): Promise<TicketStore> {
  const {compressFrom} = ticket;
  const opened =
    ticket.kind === 's3' ? await openS3TicketStore(ticket, session, executionId, scope) : openPathTicketStore(ticket);
  return {...opened, ...(compressFrom === undefined ? {} : {compressFrom})};
}

function openPathTicketStore(ticket: PathTicket): TicketStore {
  const store = openLocalStore({name: 'store', root: rootOf(ticket, machineId())});
  return {store, announceReads: () => undefined, close: () => store.close()};
}

/** What only this kind needs is loaded when there is one. */
async function openS3TicketStore(
  ticket: S3Ticket,
  session: Session,
  executionId: string,
  scope: TicketScope,
): Promise<TicketStore> {
  const [{openS3Store}, {TicketSession}, {TicketUrls}] = await Promise.all([
    import('../stores/s3/store.js'),
    import('./tickets/ticket-session.js'),
    import('./tickets/ticket-urls.js'),
  ]);
  const {endpoint, bucket, prefix, pathStyle, certificateAuthority, maxFileBytes} = ticket;
  const tickets = new TicketSession(session, executionId, scope);
  const urls = new TicketUrls((batch) => tickets.issue(batch));
  const store = openS3Store({
    ...{name: 'store', endpoint, bucket, prefix, pathStyle, credentials: urls},
    ...{connections: CONNECTIONS, retries: {tries: TRIES}},
    ...(certificateAuthority === undefined ? {} : {certificateAuthority}),
  });
  return {
    store,
    ...(maxFileBytes === undefined ? {} : {maxFileBytes}),
    announceReads: (paths) => urls.announce(paths.map((path) => (prefix === '' ? path : `${prefix}/${path}`))),
    close: async () => {
      await store.close();
      await tickets.close();
    },
  };
}
