import {z} from 'zod';
import {executionInput, executionResult} from '../contracts/execution.js';
import {executionId} from '../contracts/ids.js';
import {WaybillError} from '../contracts/errors.js';

/**
 * `journal/nightly-7/record.json`: what the catalog knows of an execution beside its files, which the manifests have.
 * Decisions to keep and to remove are in it, so that a catalog made again from the store forgets none.
 *
 *     {"waybill":"execution","version":1,"id":"nightly-7","kept":false,"expiresAt":"2026-02-01T03:04:05.678Z",…}
 */
const storedExecution = z.object({
  waybill: z.literal('execution'),
  version: z.literal(1),
  id: executionId,
  request: executionInput,
  createdAt: z.string(),
  runs: z.array(
    z.object({
      runId: z.string(),
      generation: z.number().int(),
      openedAt: z.string(),
      /** Absent where the run has not ended. */
      result: executionResult.optional(),
    }),
  ),
  kept: z.boolean(),
  removing: z.boolean(),
  /** Null while it is open, and where it is kept for ever. */
  expiresAt: z.string().nullable(),
});
export type StoredExecution = z.infer<typeof storedExecution>;

/** Bytes of one record at most: a request of 2 MiB and its results. */
export const STORED_EXECUTION_BYTES = 16 * 1024 * 1024;

export function encodeStoredExecution(execution: StoredExecution): Uint8Array {
  return Buffer.from(`${JSON.stringify(execution)}\n`);
}

/** Rejects with `catalog.schema` what another version wrote, or nobody of ours. */
export function parseStoredExecution(bytes: Uint8Array, path: string): StoredExecution {
  try {
    return storedExecution.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    throw new WaybillError('catalog.schema', `${path} is no record of an execution that this version reads.`, {
      path,
      cause,
    });
  }
}
