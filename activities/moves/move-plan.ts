import {randomBytes} from 'node:crypto';
import {z} from 'zod';
import {journalKey} from '../../src/artifacts/keys.js';
import type {MoveRequest} from '../../src/contracts/activities.js';
import {WaybillError} from '../../src/contracts/errors.js';
import type {Store} from '../../src/stores/store.js';
import {encodePlanPage, parsePlanPage} from '../../src/transfer/journal-page.js';
import type {PlannedFile, RefusedEntry} from '../../src/transfer/planned-file.js';

const segmentHead = z.object({
  /** Where the files lie: what the caller has sent, the workspace, or a location of the request. */
  from: z.union([z.literal('inputs'), z.literal('work'), z.object({location: z.string()})]),
});

/** The plan of one direction, written after all of its pages: a plan without head never was. */
const planHead = z.object({
  version: z.literal(1),
  segments: z.array(segmentHead),
  refused: z.number().int(),
  missing: z.array(z.string()),
  /** Of the workflow that planned. */
  runId: z.string().optional(),
  /** What the names of its pages begin with: each planner has its own, so that a late one overwrites nothing. */
  pages: z.string().default(''),
});
type PlanHead = z.infer<typeof planHead>;
export type SegmentSource = z.infer<typeof segmentHead>['from'];

export interface PlannedSegment {
  readonly from: SegmentSource;
  readonly files: readonly PlannedFile[];
}

export interface MovePlan {
  readonly segments: readonly PlannedSegment[];
  /** Names that were found and cannot be moved. */
  readonly refused: readonly RefusedEntry[];
  /** Required patterns that nothing matches. */
  readonly missing: readonly string[];
  readonly runId?: string | undefined;
}

/** Larger than any page: a segment has at most a few thousand names of at most 4 KiB. */
export const MAX_PAGE_BYTES = 256 * 1024 * 1024;

/**
 * Puts a plan into the journal, or answers with the one that is there: of two planners the first one to finish counts,
 * and a retried one finds the same segments. With `replace` it takes the place of an earlier run's. A plan of nothing is not written: making it again gives the same.
 */
export async function keepPlan(
  store: Store,
  request: MoveRequest,
  plan: MovePlan,
  options: {readonly signal: AbortSignal; readonly replace: boolean},
): Promise<MovePlan> {
  const {replace, signal} = options;
  if (plan.segments.length === 0 && plan.refused.length === 0) return plan;
  const pages = `${randomBytes(4).toString('hex')}-`;
  await Promise.all([
    ...plan.segments.map(({files}, index) =>
      store.putObject(pageKey(request, pages, index), encodePlanPage(files), {signal}),
    ),
    ...(plan.refused.length === 0
      ? []
      : [store.putObject(refusedKey(request, pages), encodePlanPage(plan.refused), {signal})]),
  ]);
  const head: PlanHead = {
    version: 1,
    segments: plan.segments.map(({from}) => ({from})),
    refused: plan.refused.length,
    missing: [...plan.missing],
    runId: plan.runId,
    pages,
  };
  const first = await store.putObject(headKey(request), Buffer.from(JSON.stringify(head)), {
    ifAbsent: !replace,
    signal,
  });
  return first ? plan : ((await readPlan(store, request, signal)) ?? plan);
}

/** The plan in the journal, or undefined where none was finished. */
export async function readPlan(store: Store, request: MoveRequest, signal: AbortSignal): Promise<MovePlan | undefined> {
  const head = await readHead(store, request, signal);
  if (!head) return undefined;
  const segments = await Promise.all(head.segments.map((_, index) => readSegment(store, request, head, index, signal)));
  const refused = head.refused === 0 ? [] : await readPage(store, refusedKey(request, head.pages), signal);
  return {segments, missing: head.missing, runId: head.runId, refused: refused.filter((entry) => 'refused' in entry)};
}

export async function readPlannedSegment(
  store: Store,
  request: MoveRequest,
  index: number,
  signal: AbortSignal,
): Promise<PlannedSegment> {
  const head = await readHead(store, request, signal);
  if (!head) throw new WaybillError('store.io', 'the plan is no longer in the journal', {path: headKey(request)});
  return await readSegment(store, request, head, index, signal);
}

async function readHead(store: Store, request: MoveRequest, signal: AbortSignal): Promise<PlanHead | undefined> {
  const bytes = await store.getObject(headKey(request), MAX_PAGE_BYTES, {signal});
  return bytes && planHead.parse(JSON.parse(Buffer.from(bytes).toString()));
}

async function readSegment(
  store: Store,
  request: MoveRequest,
  head: PlanHead,
  index: number,
  signal: AbortSignal,
): Promise<PlannedSegment> {
  const segment = head.segments[index];
  if (!segment) throw new WaybillError('store.io', `the plan has no segment ${index}`, {path: headKey(request)});
  const entries = await readPage(store, pageKey(request, head.pages, index), signal);
  return {from: segment.from, files: entries.filter((entry) => 'kind' in entry)};
}

async function readPage(
  store: Store,
  key: string,
  signal: AbortSignal,
): Promise<readonly (PlannedFile | RefusedEntry)[]> {
  const page = await store.getObject(key, MAX_PAGE_BYTES, {signal});
  if (!page) throw new WaybillError('store.io', 'a page of the plan is missing', {path: key});
  return parsePlanPage(page);
}

function headKey({executionId, generation, direction}: MoveRequest): string {
  return journalKey(executionId, generation, direction, 'plan.json');
}

function refusedKey({executionId, generation, direction}: MoveRequest, pages: string): string {
  return journalKey(executionId, generation, direction, `${pages}refused.ndjson`);
}

function pageKey({executionId, generation, direction}: MoveRequest, pages: string, index: number): string {
  return journalKey(executionId, generation, direction, `${pages}plan-${String(index).padStart(6, '0')}.ndjson`);
}
