import type {IssuedTickets, TicketRequest, TicketSession} from '../../contracts/tickets.js';
import type {S3Address} from '../../stores/s3/address.js';
import type {S3Credentials} from '../../stores/s3/credentials.js';
import {presignedUrl} from '../../stores/s3/presign.js';
import {issueOf, type TicketIssue} from './issue.js';
import {checkTicketRequest, executionOf} from './policy.js';
import {purposeOf} from './purpose.js';
import {seal} from './seal.js';

/** Issues the tickets of one store. */
export interface TicketOffice {
  /** The largest input that may be sent, in bytes; of one that is compressed on its way, the original. */
  readonly maxFileBytes: number;
  /** Tickets for requests of one execution. Rejects with `ticket.refused` where one is for something else. */
  issue(session: TicketSession, requests: readonly TicketRequest[]): Promise<IssuedBatch>;
}

export interface IssuedBatch {
  /** The tickets, sealed to the session. */
  readonly sealed: string;
  /** What may be known of them. */
  readonly issues: readonly TicketIssue[];
}

export interface TicketOfficeOptions extends S3Address {
  readonly prefix: string;
  readonly region: string;
  readonly credentials: () => Promise<S3Credentials>;
  readonly validForSeconds: number;
  readonly maxFileBytes: number;
  /** Whether the server copies for whoever adds the header that asks for it to a URL; see `unsignedCopies`. */
  readonly unsignedCopies: () => Promise<boolean>;
}

/** `endpoint` is the one that clients reach: its host is part of what is signed. */
export function openTicketOffice(options: TicketOfficeOptions): TicketOffice {
  const {prefix, maxFileBytes, validForSeconds} = options;
  return {
    maxFileBytes,
    issue: async ({executionId, publicKey, batch = false}, requests) => {
      for (const request of requests) checkTicketRequest(request, {executionId, batch, prefix, maxFileBytes});
      const refusesCopies = requests.some(({method}) => method === 'PUT') && (await options.unsignedCopies());
      const now = new Date();
      const signing = {...options, credentials: await options.credentials(), now, refusesCopies};
      const validForMs = validForSeconds * 1000;
      const tickets: IssuedTickets = {
        urls: requests.map(({key, ...request}) =>
          presignedUrl({...request, ...(key === undefined ? {} : {key})}, signing),
        ),
        expiresAt: new Date(now.getTime() + validForMs).toISOString(),
        validForMs,
      };
      const [issuedAt, expiresAt] = [now.getTime(), now.getTime() + validForMs];
      return {
        sealed: await seal(publicKey, purposeOf(executionId), tickets),
        issues: requests.map((request) =>
          issueOf(request, {
            ...{prefix, issuedAt, expiresAt},
            executionId: executionOf(request, {executionId, batch, prefix}),
          }),
        ),
      };
    },
  };
}
