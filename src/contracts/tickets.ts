import {z} from 'zod';
import {executionId} from './ids.js';

/** The input of the workflow `tickets`: a client's session, for the files of one execution or those of a batch. */
export const ticketSession = z.object({
  version: z.literal(1).default(1),
  executionId,
  /** The id is a batch's, and the session is for its pages of items and the files of all of its executions. */
  batch: z.boolean().optional(),
  /**
   * The session's own public key, made for it and kept nowhere: base64 of an uncompressed point of P-256. Tickets are
   * sealed to it (RFC 9180, base mode: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; info
   * `waybill tickets ID`), so that what Temporal keeps of them opens for nobody.
   */
  publicKey: z.string().regex(/^[A-Za-z0-9+/]{80,180}={0,2}$/, 'must be base64 of a point of P-256'),
});
export type TicketSession = z.output<typeof ticketSession>;
export type TicketSessionRequest = z.input<typeof ticketSession>;

/** Requests of one batch: with names of 1,024 bytes still far below what Temporal carries in one payload. */
export const MAX_TICKETS_PER_BATCH = 500;

/** One request to the S3 server: a ticket is good for exactly this one, with exactly these headers. */
export const ticketRequest = z.object({
  method: z.enum(['GET', 'HEAD', 'PUT', 'POST', 'DELETE']),
  /** The whole key; absent for a listing. */
  key: z.string().max(1024).optional(),
  query: z.record(z.string(), z.string()).default({}),
  /** Lower-case names. Of a GET or HEAD none are needed: a range or a condition may be added freely. */
  headers: z.record(z.string(), z.string()).default({}),
});
export type TicketRequest = z.output<typeof ticketRequest>;

/** The argument of the update `issue`. */
export const ticketBatch = z.object({requests: z.array(ticketRequest).min(1).max(MAX_TICKETS_PER_BATCH)});
export type TicketBatch = z.input<typeof ticketBatch>;

/** What the update `issue` answers: base64 of the encapsulated key (65 bytes) and the gzipped JSON of IssuedTickets, sealed. */
export interface SealedTickets {
  readonly sealed: string;
}

export const issuedTickets = z.object({
  /** One for each request, in their order. */
  urls: z.array(z.string()),
  /** ISO 8601, by the worker's clock. */
  expiresAt: z.string(),
  /** The same from the moment of issue, in milliseconds, for clients whose clock is another. */
  validForMs: z.number(),
});
export type IssuedTickets = z.infer<typeof issuedTickets>;
