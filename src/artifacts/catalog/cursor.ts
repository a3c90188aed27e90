import {z} from 'zod';
import {WaybillError} from '../../contracts/errors.js';

/** Where a page ended, for `after` of the next one: opaque to clients. */
export function encodeCursor(position: object): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** Rejects with `input.invalid` what no earlier answer held. */
export function decodeCursor<T>(cursor: string, shape: z.ZodType<T>): T {
  const parsed = shape.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')));
  if (parsed.success) return parsed.data;
  throw new WaybillError('input.invalid', 'after: not the `next` of an earlier answer.', {cause: parsed.error});
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const executionPosition = z.object({createdAt: z.iso.datetime(), id: z.string()});

/** The total and the generation stay those of the first page, so that the pages are of one listing. */
export const artifactPosition = z.object({
  generation: z.number().int(),
  totalSizeBytes: z.number().int(),
  name: z.string().refine((name) => !name.includes('\0')),
});
