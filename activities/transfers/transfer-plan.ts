import {randomBytes} from 'node:crypto';
import {z} from 'zod';
import {transferRoot} from '../../src/artifacts/keys.js';
import {WaybillError} from '../../src/contracts/errors.js';
import {joinStorePath} from '../../src/stores/paths.js';
import type {Store} from '../../src/stores/store.js';
import {encodePlanPage, parsePlanPage} from '../../src/transfer/journal-page.js';
import type {PlannedFile, RefusedEntry} from '../../src/transfer/planned-file.js';
import {MAX_PAGE_BYTES} from '../moves/move-plan.js';

/**
 * The head of a plan, written after all of its pages: a plan without head never was. Each planner writes pages of its
 * own; of two planners the head of the first one counts.
 *
 *     transfers/nightly-7/plan.json   plan-5f0c1a2b-000000.ndjson …   refused-5f0c1a2b.ndjson
 */
const planHead = z.object({
  version: z.literal(1),
  pages: z.string().regex(/^[0-9a-f]{8}$/),
  /** A location of the store that the segment's files lie in. */
  segments: z.array(z.object({from: z.string(), directories: z.boolean()})),
  /** Of the destination: the directory that all names are below, as a path of its store. */
  root: z.string(),
  entries: z.number().int(),
  bytes: z.number(),
  refused: z.number().int(),
});
export type TransferPlan = z.infer<typeof planHead>;

/** Writes a plan while it is made: no more than one page of it is in memory. */
export class PlanWriter {
  readonly #pages = randomBytes(4).toString('hex');
  readonly #segments: TransferPlan['segments'] = [];
  #entries = 0;
  #bytes = 0;

  constructor(
    private readonly store: Store,
    private readonly transferId: string,
    private readonly signal: AbortSignal,
  ) {}

  async add(from: string, files: readonly PlannedFile[]): Promise<void> {
    const key = pageKey(this.transferId, this.#pages, this.#segments.length);
    await this.store.putObject(key, encodePlanPage(files), {signal: this.signal});
    this.#segments.push({from, directories: files.some(({kind}) => kind === 'directory')});
    this.#entries += files.length;
    this.#bytes += files.reduce((sum, {size}) => sum + size, 0);
  }

  /** The plan as it is so far. */
  head(root: string, refused: readonly RefusedEntry[]): TransferPlan {
    return {
      ...{version: 1, pages: this.#pages, segments: this.#segments, root},
      ...{entries: this.#entries, bytes: this.#bytes, refused: refused.length},
    };
  }

  /** Makes this plan the transfer's, or answers with the one that another planner has finished before. */
  async finish(root: string, refused: readonly RefusedEntry[]): Promise<TransferPlan> {
    const {store, transferId, signal} = this;
    const head = this.head(root, refused);
    if (refused.length > 0) {
      await store.putObject(refusedKey(transferId, head), encodePlanPage(refused), {signal});
    }
    const content = Buffer.from(JSON.stringify(head));
    const first = await store.putObject(headKey(transferId), content, {ifAbsent: true, signal});
    return first ? head : await requireTransferPlan(store, transferId, signal);
  }
}

/** The plan in the journal, or undefined where none was finished. */
export async function readTransferPlan(
  store: Store,
  transferId: string,
  signal?: AbortSignal,
): Promise<TransferPlan | undefined> {
  const bytes = await store.getObject(headKey(transferId), MAX_PAGE_BYTES, signal ? {signal} : {});
  return bytes && planHead.parse(JSON.parse(Buffer.from(bytes).toString()));
}

export async function requireTransferPlan(
  store: Store,
  transferId: string,
  signal: AbortSignal,
): Promise<TransferPlan> {
  const plan = await readTransferPlan(store, transferId, signal);
  if (plan !== undefined) return plan;
  throw new WaybillError('store.io', 'the plan is no longer in the journal', {path: headKey(transferId)});
}

/** The files of one segment. */
export async function readPage(
  store: Store,
  transferId: string,
  plan: TransferPlan,
  segment: number,
  signal: AbortSignal,
): Promise<readonly PlannedFile[]> {
  const entries = await readLines(store, pageKey(transferId, plan.pages, segment), signal);
  return entries.filter((entry) => 'kind' in entry);
}

export async function readRefused(
  store: Store,
  transferId: string,
  plan: TransferPlan,
  signal: AbortSignal,
): Promise<readonly RefusedEntry[]> {
  if (plan.refused === 0) return [];
  const entries = await readLines(store, refusedKey(transferId, plan), signal);
  return entries.filter((entry) => 'refused' in entry);
}

async function readLines(store: Store, key: string, signal: AbortSignal) {
  const page = await store.getObject(key, MAX_PAGE_BYTES, {signal});
  if (page !== undefined) return parsePlanPage(page);
  throw new WaybillError('store.io', 'a page of the plan is missing', {path: key});
}

function headKey(transferId: string): string {
  return joinStorePath(transferRoot(transferId), 'plan.json');
}

function pageKey(transferId: string, pages: string, segment: number): string {
  return joinStorePath(transferRoot(transferId), `plan-${pages}-${String(segment).padStart(6, '0')}.ndjson`);
}

function refusedKey(transferId: string, {pages}: TransferPlan): string {
  return joinStorePath(transferRoot(transferId), `refused-${pages}.ndjson`);
}
