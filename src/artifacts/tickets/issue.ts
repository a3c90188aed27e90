import type {TicketRequest} from '../../contracts/tickets.js';
import {executionRoot} from '../keys.js';

/** What clients were let do with one name, without what lets them do it. */
export interface TicketIssue {
  readonly executionId: string;
  readonly purpose: 'upload' | 'download';
  /** Below the execution: `inputs/data/a.csv`. Empty for a list of all of it. */
  readonly name: string;
  /** The whole key, or what the listed keys begin with. */
  readonly key: string;
  /** Bytes of the largest body; absent for reading. */
  readonly maxBytes?: number;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** How many requests. */
  readonly requests: number;
}

/** What one ticket is for. */
export function issueOf(
  {method, key, query, headers}: TicketRequest,
  {
    executionId,
    prefix,
    issuedAt,
    expiresAt,
  }: Pick<TicketIssue, 'executionId' | 'issuedAt' | 'expiresAt'> & {
    readonly prefix: string;
  },
): TicketIssue {
  const about = key ?? query['prefix'] ?? '';
  const root = `${prefix === '' ? '' : `${prefix}/`}${executionRoot(executionId)}/`;
  const purpose = method === 'GET' || method === 'HEAD' ? 'download' : 'upload';
  const maxBytes = purpose === 'upload' ? Number(headers['content-length'] ?? 0) : undefined;
  return {
    ...{executionId, purpose, issuedAt, expiresAt, requests: 1},
    // A look at a directory on the way to it has a name that is above.
    name: about.startsWith(root) ? about.slice(root.length) : '',
    key: about,
    ...(maxBytes === undefined ? {} : {maxBytes}),
  };
}

/** Both together; they are of one name and purpose. */
export function addedUp(one: TicketIssue, other: TicketIssue): TicketIssue {
  const maxBytes = Math.max(one.maxBytes ?? -1, other.maxBytes ?? -1);
  return {
    ...one,
    issuedAt: Math.min(one.issuedAt, other.issuedAt),
    expiresAt: Math.max(one.expiresAt, other.expiresAt),
    requests: one.requests + other.requests,
    ...(maxBytes < 0 ? {} : {maxBytes}),
  };
}
