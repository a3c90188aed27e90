import {z} from 'zod';

/**
 * Where a run comes from, in the caller's words. Both are stated, not proved, and stand in the worker's log: no secrets.
 */
export const originFields = {
  /**
   * In every log line of the run, from the workflow to each file: an id that the caller already has for what it does.
   * Printable ASCII without spaces. Default: the id of the execution or transfer.
   */
  correlationId: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters without spaces')
    .optional(),
  /** Who asks, for the audit records. A client of this package says `user@host`. */
  requestedBy: z.string().min(1).max(200).optional(),
};

const runOrigin = z.object(originFields);
export type RunOrigin = z.infer<typeof runOrigin>;

/** The origin of a run with the correlation id that it goes by. */
export function originOf(
  {correlationId, requestedBy}: RunOrigin,
  id: string,
): RunOrigin & {readonly correlationId: string} {
  return {correlationId: correlationId ?? id, ...(requestedBy === undefined ? {} : {requestedBy})};
}

/** What a request says of where it comes from; nothing where it is not a request. */
export function originIn(request: unknown): RunOrigin {
  return runOrigin.safeParse(request).data ?? {};
}
