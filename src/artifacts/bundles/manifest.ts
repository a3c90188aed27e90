import {createHash} from 'node:crypto';
import {z} from 'zod';
import {WaybillError} from '../../contracts/errors.js';
import {checkStorePath} from '../../stores/paths.js';
import {encodeJournalPage, parseJournalPage} from '../../transfer/journal-page.js';
import {staysInside} from '../../transfer/links.js';
import {byNameBytes} from '../../transfer/name-order.js';

const mode = z.number().int().min(0).max(0o777);

/** One name of a bundle, as JSON. */
export const bundleEntry = z.discriminatedUnion('kind', [
  z.object({
    path: z.string(),
    kind: z.literal('file'),
    mode,
    /** Bytes. */
    size: z.number().int().nonnegative(),
    /** Lower-case hexadecimal. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  z.object({path: z.string(), kind: z.literal('directory'), mode}),
  z.object({path: z.string(), kind: z.literal('link'), target: z.string()}),
]);
export type BundleEntry = z.infer<typeof bundleEntry>;

export interface Bundle {
  /** SHA-256 of the manifest: the bundle is named by it. */
  readonly digest: string;
  /** In the order of the bytes of their paths: a directory before what it holds. */
  readonly entries: readonly BundleEntry[];
}

/** What a reader has to hold in memory at most: some 300,000 names. */
export const MAX_BUNDLE_MANIFEST_BYTES = 64 * 1024 * 1024;

const KIND = 'bundle';

/**
 * The one text of a bundle: the same names, modes, contents and links give the same bytes on every machine.
 *
 *     {"waybill":"bundle","version":1,"lines":2}
 *     {"path":"scene","kind":"directory","mode":493}
 *     {"path":"scene/a.blend","kind":"file","mode":420,"size":3,"sha256":"2c26…"}
 */
export function encodeBundle(unordered: readonly BundleEntry[]): {readonly bundle: Bundle; readonly text: Uint8Array} {
  const entries = unordered.map((entry) => bundleEntry.parse(entry)).sort((a, b) => byNameBytes(a.path, b.path));
  const text = encodeJournalPage(KIND, entries);
  if (text.length > MAX_BUNDLE_MANIFEST_BYTES) {
    const most = `${MAX_BUNDLE_MANIFEST_BYTES} is the most`;
    throw new WaybillError('input.invalid', `The list of the bundle's names has ${text.length} bytes, and ${most}.`, {
      remedy: 'Pack what has many small files into one.',
    });
  }
  return {bundle: {digest: sha256(text), entries}, text};
}

/**
 * Reads what a storage holds under a bundle's name, and trusts nothing in it: whoever can write there could have written
 * it. Rejects with `bundle.damaged` other bytes than those that the name stands for, and what `encodeBundle` would not
 * have written; with `name.outside-root`, `name.collision` and `link.leaves-root` names that would lead elsewhere.
 */
export function parseBundle(text: Uint8Array, digest: string): Bundle {
  const found = sha256(text);
  if (found !== digest) throw damaged('it has another digest', {expected: digest, found});
  let entries: readonly BundleEntry[];
  try {
    entries = parseJournalPage(KIND, text, bundleEntry);
  } catch (cause) {
    throw damaged('it cannot be read', {cause});
  }
  checkEntries(entries);
  if (Buffer.compare(encodeJournalPage(KIND, entries), text) !== 0) throw damaged('it is not written as one is');
  return {digest, entries};
}

/** Each name below a directory that is listed before it: then none is below a link or a file, and none is there twice. */
function checkEntries(entries: readonly BundleEntry[]): void {
  const directories = new Set(['']);
  let before = '';
  for (const entry of entries) {
    const {path, kind} = entry;
    if (checkStorePath(path) === '')
      throw new WaybillError('name.outside-root', 'An entry of the bundle has no name.', {path});
    if (byNameBytes(before, path) >= 0) throw collision(path, 'is out of order, or there twice');
    if (!directories.has(path.slice(0, Math.max(0, path.lastIndexOf('/'))))) {
      throw collision(path, 'lies below something that is no directory of the bundle');
    }
    if (kind === 'directory') directories.add(path);
    if (kind === 'link' && !staysInside(path, entry.target)) {
      throw new WaybillError('link.leaves-root', `The bundle's link ${JSON.stringify(path)} points out of it.`, {path});
    }
    before = path;
  }
}

function sha256(text: Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

function damaged(
  why: string,
  details: {readonly expected?: string; readonly found?: string; readonly cause?: unknown} = {},
): WaybillError {
  return new WaybillError('bundle.damaged', `The manifest of the bundle is not right: ${why}.`, details);
}

function collision(path: string, how: string): WaybillError {
  return new WaybillError('name.collision', `The bundle's entry ${JSON.stringify(path)} ${how}.`, {path});
}
