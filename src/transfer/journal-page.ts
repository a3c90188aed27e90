import {z} from 'zod';
import {WaybillError} from '../contracts/errors.js';
import {storedForm} from '../contracts/file-outcome.js';
import {type FileOutcome, fileOutcome} from './file-outcome.js';
import {type PlannedFile, plannedFile, type RefusedEntry, refusedEntry} from './planned-file.js';

/**
 * A page of the journal is NDJSON: a line that says what follows and how much, then one object a line. A page that
 * lost its end is refused.
 *
 *     {"waybill":"plan","version":1,"lines":2}
 *     {"name":"a.txt","kind":"file","size":5,"mode":420,"modifiedAt":1700000000000}
 *     {"name":"pipe","refused":{"code":"source.special-file","message":"…"}}
 */
const VERSION = 1;

const head = z.object({waybill: z.string(), version: z.number(), lines: z.number().int().nonnegative()});

const manifestLine = z.object({
  name: z.string(),
  kind: z.enum(['file', 'link', 'directory']),
  size: z.number().int().nonnegative(),
  mode: z.number().int(),
  modifiedAt: z.number(),
  sha256: z.string().optional(),
  linkTarget: z.string().optional(),
  verified: z.enum(['sha256', 'size-only', 'not-checked']),
  stored: storedForm.optional(),
});
/** One entry that arrived: what anybody needs to check it later. */
export type ManifestLine = z.infer<typeof manifestLine>;

export function encodePlanPage(entries: readonly (PlannedFile | RefusedEntry)[]): Uint8Array {
  return encodeJournalPage('plan', entries);
}

export function parsePlanPage(page: Uint8Array): readonly (PlannedFile | RefusedEntry)[] {
  return parseJournalPage('plan', page, z.union([plannedFile, refusedEntry]));
}

export function encodeOutcomePage(outcomes: readonly FileOutcome[]): Uint8Array {
  return encodeJournalPage('outcomes', outcomes);
}

export function parseOutcomePage(page: Uint8Array): readonly FileOutcome[] {
  return parseJournalPage('outcomes', page, fileOutcome);
}

export function encodeManifest(lines: readonly ManifestLine[]): Uint8Array {
  return encodeJournalPage('manifest', lines);
}

export function parseManifest(page: Uint8Array): readonly ManifestLine[] {
  return parseJournalPage('manifest', page, manifestLine);
}

/** What a plan and its outcomes say together: every entry that is at the destination now. */
export function manifestOf(plan: readonly PlannedFile[], outcomes: readonly FileOutcome[]): readonly ManifestLine[] {
  const byName = new Map(outcomes.map((outcome) => [outcome.name, outcome]));
  return plan.flatMap((file) => {
    const outcome = byName.get(file.name);
    if (outcome === undefined || outcome.outcome === 'failed') return [];
    const {name, kind, linkTarget} = file;
    const stored = outcome.stored ?? file.stored;
    const {mode, modifiedAt} = outcome.attributes ?? file;
    const {size, sha256, verified} = outcome;
    const more = {...(sha256 && {sha256}), ...(linkTarget && {linkTarget}), ...(stored && {stored})};
    return [{name, kind, size, mode, modifiedAt, verified, ...more}];
  });
}

/**
 * One outcome for each name out of the pages of several attempts, oldest first: a later one stands, but no failure
 * takes the place of a file that arrived. What a file cost is added up over the attempts.
 */
export function mergeOutcomes(pages: Iterable<readonly FileOutcome[]>): readonly FileOutcome[] {
  const merged = new Map<string, FileOutcome>();
  for (const page of pages) {
    for (const outcome of page) {
      const before = merged.get(outcome.name);
      if (before !== undefined && before.outcome !== 'failed' && outcome.outcome === 'failed') continue;
      const sentBytes = outcome.sentBytes + (before?.outcome === 'failed' ? before.sentBytes : 0);
      merged.set(outcome.name, {...outcome, sentBytes});
    }
  }
  return [...merged.values()];
}

export function encodeJournalPage(kind: string, lines: readonly object[]): Uint8Array {
  const objects = [{waybill: kind, version: VERSION, lines: lines.length}, ...lines];
  return Buffer.from(objects.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** Rejects with `store.io` what is no whole page of this kind and version. */
export function parseJournalPage<T>(kind: string, page: Uint8Array, line: z.ZodType<T>): readonly T[] {
  const [first = '', ...rest] = Buffer.from(page).toString('utf8').split('\n');
  try {
    const {waybill, version, lines} = head.parse(JSON.parse(first));
    if (waybill !== kind || version !== VERSION) throw new Error(`found ${waybill} of version ${version}`);
    if (rest.at(-1) !== '' || rest.length - 1 !== lines) throw new Error(`found ${rest.length - 1} of ${lines} lines`);
    return rest.slice(0, -1).map((text) => line.parse(JSON.parse(text)));
  } catch (cause) {
    throw new WaybillError('store.io', `This is no ${kind} page of version ${VERSION}.`, {cause, expected: kind});
  }
}
