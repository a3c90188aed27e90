import {WaybillError} from '../../contracts/errors.js';
import {joinStorePath} from '../../stores/paths.js';
import type {Store, StorePath} from '../../stores/store.js';
import {errorOf, type FailedOutcome} from '../../transfer/file-outcome.js';
import {finishDirectories} from '../../transfer/finish-directories.js';
import {moveSegment} from '../../transfer/move-segment.js';
import type {PlannedFile} from '../../transfer/planned-file.js';
import {compareTree} from './compare-tree.js';
import {blobKey} from './keys.js';
import type {Bundle, BundleEntry} from './manifest.js';
import type {BundleProgress} from './storage.js';

export interface RestoreTreeOptions {
  readonly from: Store;
  readonly to: Store;
  /** A directory that exists, of this bundle and its target alone. */
  readonly staging: StorePath;
  /** Below `staging`: where the names of the bundle are put. */
  readonly tree: StorePath;
  readonly bundle: Bundle;
  /** Names that an earlier attempt has restored. */
  readonly there: ReadonlySet<string>;
  readonly signal: AbortSignal;
  readonly onProgress: ((progress: BundleProgress) => void) | undefined;
}

/** Brings what is missing, proved by its digest, and gives the directories their modes when they are full. */
export async function restoreTree(options: RestoreTreeOptions): Promise<void> {
  const {from, to, staging, tree, bundle, there, signal, onProgress} = options;
  const partials = joinStorePath(staging, 'partials');
  await to.makeDirectory(partials, {mode: 0o700, signal});
  const modifiedAt = await begunAt(to, joinStorePath(staging, 'begun'), signal);
  const plan = bundle.entries.map((entry) => planned(entry, modifiedAt));
  const {outcomes} = await moveSegment({
    ...{from, fromRoot: '', to, toRoot: tree, partials, owner: bundle.digest, signal},
    files: plan.filter(({name, kind}) => kind === 'directory' || !there.has(name)),
    ifExists: 'replace',
    ...(onProgress === undefined ? {} : {onProgress}),
  });
  const byName = new Map(plan.map((file) => [file.name, file]));
  for (const outcome of outcomes) if (outcome.outcome === 'failed') throw failure(outcome, byName.get(outcome.name));
  const whole = {store: to, root: tree, entries: bundle.entries, content: false, directoryModes: false, signal};
  if ((await compareTree(whole))?.size !== bundle.entries.length) {
    throw new WaybillError('transfer.superseded', 'What was restored was taken away meanwhile.');
  }
  await finishDirectories({to, toRoot: tree, directories: plan.filter(({kind}) => kind === 'directory'), signal});
}

/** One time for every attempt: what is unfinished is found by it again. */
async function begunAt(to: Store, path: StorePath, signal: AbortSignal): Promise<number> {
  await to.putObject(path, new Uint8Array(), {ifAbsent: true, signal});
  const entry = await to.stat(path, {signal});
  if (entry === undefined) throw new WaybillError('transfer.superseded', 'The unfinished download is gone.');
  return Math.floor(entry.modifiedAt);
}

function planned(entry: BundleEntry, modifiedAt: number): PlannedFile {
  const {path: name, kind} = entry;
  if (kind === 'link') return {name, kind, size: 0, mode: 0o777, modifiedAt, linkTarget: entry.target};
  if (kind === 'directory') return {name, kind, size: 0, mode: entry.mode, modifiedAt};
  const {mode, size, sha256} = entry;
  return {name, source: blobKey(sha256), kind, size, mode, modifiedAt, sha256};
}

/** A blob that is not the one that the manifest names has not changed: nobody ever writes it again. */
function failure(failed: FailedOutcome, file: PlannedFile | undefined): WaybillError {
  const isBlob = failed.code === 'source.changed' || failed.code === 'store.not-found';
  if (!isBlob || file?.source === undefined) return errorOf(failed);
  return new WaybillError('bundle.damaged', `The content of ${JSON.stringify(failed.name)} is not stored as it was.`, {
    path: file.source,
    remedy: `Remove ${file.source} from the storage, and upload the same assets again.`,
    cause: errorOf(failed),
  });
}
