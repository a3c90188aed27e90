import {z} from 'zod';
import {MAX_BATCH_PAGE_BYTES, parseItems, parseOutcomes} from '../../src/artifacts/batch-pages.js';
import {batchItemsKey, batchKey, batchOutcomesKey, batchResultKey, batchRoundKey} from '../../src/artifacts/keys.js';
import {
  batchInput,
  type BatchItem,
  type BatchOutcome,
  type BatchRecord,
  batchResult,
} from '../../src/contracts/batch.js';
import type {Store, StorePath} from '../../src/stores/store.js';

/** What names a batch, written when its id is taken. */
export const batchHead = z.object({version: z.literal(1), runId: z.string(), createdAt: z.string(), input: batchInput});
export type BatchHead = z.infer<typeof batchHead>;

/** A round that repeats what failed in those before it, written when its items are there. */
const roundHead = z.object({version: z.literal(1), runId: z.string(), pages: z.number().int()});
export type RoundHead = z.infer<typeof roundHead>;

const MAX_HEAD_BYTES = 16 * 1024 * 1024;

export async function readHead(store: Store, batchId: string): Promise<BatchHead | undefined> {
  return await readJson(store, batchKey(batchId), batchHead);
}

export async function readRound(store: Store, batchId: string, round: number): Promise<RoundHead | undefined> {
  return await readJson(store, batchRoundKey(batchId, round), roundHead);
}

/** The number of the last round that was begun: 1 where nothing was tried again. */
export async function lastRound(store: Store, batchId: string): Promise<number> {
  for (let round = 1; ; round += 1) if ((await readRound(store, batchId, round + 1)) === undefined) return round;
}

export async function readRecord(store: Store, batchId: string): Promise<BatchRecord | undefined> {
  const head = await readHead(store, batchId);
  if (head === undefined) return undefined;
  const round = await lastRound(store, batchId);
  const result = await readJson(store, batchResultKey(batchId, round), batchResult);
  const {createdAt, input} = head;
  return {id: batchId, input, createdAt, round, ...(result === undefined ? {} : {result})};
}

/** Undefined where the page is not there: the batch ended before it was sent. */
export async function readItems(
  store: Store,
  batchId: string,
  round: number,
  page: number,
): Promise<readonly BatchItem[] | undefined> {
  const bytes = await store.getObject(batchItemsKey(batchId, round, page), MAX_BATCH_PAGE_BYTES);
  return bytes && parseItems(bytes);
}

/** Undefined where there is none of this number. */
export async function readOutcomes(
  store: Store,
  batchId: string,
  round: number,
  page: number,
): Promise<readonly BatchOutcome[] | undefined> {
  const bytes = await store.getObject(batchOutcomesKey(batchId, round, page), MAX_BATCH_PAGE_BYTES);
  return bytes && parseOutcomes(bytes);
}

export async function writeJson(
  store: Store,
  key: StorePath,
  value: object,
  options: {readonly ifAbsent?: boolean} = {},
): Promise<boolean> {
  return await store.putObject(key, Buffer.from(JSON.stringify(value)), options);
}

async function readJson<T>(store: Store, key: StorePath, shape: z.ZodType<T>): Promise<T | undefined> {
  const bytes = await store.getObject(key, MAX_HEAD_BYTES);
  return bytes && shape.parse(JSON.parse(Buffer.from(bytes).toString()));
}
