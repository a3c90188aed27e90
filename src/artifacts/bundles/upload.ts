import {hasCode} from '../../contracts/errors.js';
import {inParallel, QUESTIONS_AT_ONCE} from '../../stores/in-parallel.js';
import type {Store, StorePath} from '../../stores/store.js';
import {errorOf} from '../../transfer/file-outcome.js';
import {moveSegment} from '../../transfer/move-segment.js';
import type {PlannedFile} from '../../transfer/planned-file.js';
import {describeTree} from './describe-tree.js';
import {BLOBS, blobKey, blobName, bundleKey, jobKey, partialsKey} from './keys.js';
import {type BundleEntry, encodeBundle, MAX_BUNDLE_MANIFEST_BYTES} from './manifest.js';
import type {BundleProgress} from './storage.js';
import {sweepAbandoned} from './sweep-abandoned.js';

export interface UploadBundleOptions {
  /** The directory's own store. */
  readonly from: Store;
  readonly to: Store;
  readonly jobId: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: BundleProgress) => void;
  readonly onNewer?: (partials: number) => void;
}

/**
 * Stores what the directory holds: content first, each once, then the manifest, with which the bundle is there. Answers
 * with the bundle's digest. A second upload of the same finds everything and mends what is missing or cut short.
 */
export async function uploadBundle(options: UploadBundleOptions): Promise<string> {
  const {from, to, jobId, signal, onNewer} = options;
  // Before anything is read: a job that cannot be named has no bundle.
  jobKey(jobId, '0');
  const {bundle, text} = encodeBundle(await describeTree(from, signal));
  const {digest, entries} = bundle;
  const sent = await sendBlobs(blobsOf(entries), digest, options);
  await to.putObject(jobKey(jobId, digest), new Uint8Array(), {signal, ifAbsent: true});
  await putManifest(to, bundleKey(digest), text, signal);
  const newer = sent ? await sweepAbandoned(to, Date.now(), signal) : 0;
  if (newer > 0) onNewer?.(newer);
  return digest;
}

interface Blob {
  readonly sha256: string;
  readonly size: number;
  /** A file that has this content. */
  readonly source: StorePath;
}

function blobsOf(entries: readonly BundleEntry[]): readonly Blob[] {
  const blobs = new Map<string, Blob>();
  for (const entry of entries) {
    if (entry.kind !== 'file') continue;
    const {sha256, size, path: source} = entry;
    blobs.set(sha256, {sha256, size, source});
  }
  return [...blobs.values()];
}

/**
 * Whether anything was sent. What fails may have been done by another upload of the same content meanwhile: as long as
 * less is missing after a failure than before it, it is gone on with what is left.
 */
async function sendBlobs(blobs: readonly Blob[], digest: string, options: UploadBundleOptions): Promise<boolean> {
  const {to, signal} = options;
  const partials = partialsKey(digest);
  let failed: {readonly error: unknown; readonly missing: number} | undefined;
  for (;;) {
    const missing = await missingBlobs(to, blobs, signal);
    if (failed !== undefined && missing.length >= failed.missing) throw failed.error;
    if (missing.length === 0) {
      // What is unfinished is of use to nobody: who still works on it finds its blob there.
      if (failed !== undefined) await to.removeTree(partials, {signal});
      return failed !== undefined;
    }
    try {
      await to.makeDirectory(partials, {mode: 0o700, signal});
      await moveBlobs(missing, partials, digest, options);
      await to.removeTree(partials, {signal});
      return true;
    } catch (error) {
      signal.throwIfAborted();
      failed = {error, missing: missing.length};
    }
  }
}

/** A blob of another size is one that something else has cut: it is replaced. */
async function missingBlobs(to: Store, blobs: readonly Blob[], signal: AbortSignal): Promise<readonly Blob[]> {
  const missing: Blob[] = [];
  await inParallel(blobs, QUESTIONS_AT_ONCE, async (blob) => {
    const there = await to.stat(blobKey(blob.sha256), {signal});
    if (there?.kind !== 'file' || there.size !== blob.size) missing.push(blob);
  });
  return missing;
}

async function moveBlobs(
  missing: readonly Blob[],
  partials: StorePath,
  digest: string,
  {from, to, signal, onProgress}: UploadBundleOptions,
): Promise<void> {
  const sources = new Map(missing.map(({sha256, source}) => [blobName(sha256), source]));
  const {outcomes} = await moveSegment({
    ...{from, fromRoot: '', to, toRoot: BLOBS, partials, owner: digest, signal},
    files: missing.map(planned),
    // Whoever was faster has put the same bytes there.
    ifExists: 'replace',
    ...(onProgress === undefined ? {} : {onProgress}),
  });
  for (const outcome of outcomes) {
    if (outcome.outcome === 'failed') throw errorOf({...outcome, name: sources.get(outcome.name) ?? outcome.name});
  }
}

/**
 * Known by its digest alone, not by the file that holds it: so each attempt, of whichever copy of the assets, finds the
 * unfinished blob of an earlier one. Private: the modes of the files are in the manifest.
 */
function planned({sha256, size, source}: Blob): PlannedFile {
  return {name: blobName(sha256), source, kind: 'file', size, mode: 0o600, modifiedAt: 0, sha256};
}

/** One that is there is of the same bytes, unless the storage has lost some of them. */
async function putManifest(to: Store, key: StorePath, text: Uint8Array, signal: AbortSignal): Promise<void> {
  if (await to.putObject(key, text, {ifAbsent: true, signal})) return;
  const there = await to.getObject(key, MAX_BUNDLE_MANIFEST_BYTES, {signal}).catch((error: unknown) => {
    if (hasCode(error, 'store.io')) return undefined;
    throw error;
  });
  if (there === undefined || Buffer.compare(there, text) !== 0) await to.putObject(key, text, {signal});
}
