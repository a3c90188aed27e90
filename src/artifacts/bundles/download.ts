import {createHash} from 'node:crypto';
import {realpath} from 'node:fs/promises';
import {basename, dirname, resolve} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {type ErrorCode, hasCode, WaybillError} from '../../contracts/errors.js';
import {openLocalStore} from '../../stores/local/store.js';
import {joinStorePath} from '../../stores/paths.js';
import type {Store, StorePath} from '../../stores/store.js';
import {compareTree} from './compare-tree.js';
import {bundleKey, jobKey} from './keys.js';
import {type Bundle, MAX_BUNDLE_MANIFEST_BYTES, parseBundle} from './manifest.js';
import {restoreTree} from './restore-tree.js';
import type {BundleProgress} from './storage.js';

export interface DownloadBundleOptions {
  readonly from: Store;
  readonly jobId: string;
  readonly digest: string;
  readonly targetDir: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: BundleProgress) => void;
}

/** What a download meets where another one to the same place was faster, and has published or taken away what both write. */
const TAKEN_BY_ANOTHER: readonly ErrorCode[] = [
  'transfer.superseded',
  'transfer.partial-consumed',
  'transfer.checksum-mismatch',
  'store.not-found',
  'store.already-exists',
  'store.not-empty',
];
const ATTEMPTS = 5;
const PAUSE_MS = 100;

/** Restores a bundle beside its place, and lets it take the place in one step when all of it is there. */
export async function downloadBundle(options: DownloadBundleOptions): Promise<void> {
  const {signal} = options;
  const bundle = await readBundle(options);
  const target = await placeOf(options.targetDir);
  const here = openLocalStore({name: 'this machine', root: dirname(target)});
  const place = {here, name: basename(target)};
  try {
    for (let attempt = 1; ; attempt += 1) {
      if (await holds(place, bundle, signal)) {
        if (attempt > 1) await here.removeTree(stagingOf(place.name, bundle.digest), {signal});
        return;
      }
      try {
        await restore(place, bundle, options);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (attempt === ATTEMPTS || !hasCode(error, ...TAKEN_BY_ANOTHER)) throw error;
        await delay(attempt * PAUSE_MS, undefined, {signal}).catch(() => signal.throwIfAborted());
      }
    }
  } finally {
    await here.close();
  }
}

async function readBundle({from, jobId, digest, signal}: DownloadBundleOptions): Promise<Bundle> {
  const [isTheirs, text] = await Promise.all([
    from.stat(jobKey(jobId, digest), {signal}),
    from.getObject(bundleKey(digest), MAX_BUNDLE_MANIFEST_BYTES, {signal}),
  ]);
  if (isTheirs !== undefined && text !== undefined) return parseBundle(text, digest);
  throw new WaybillError(
    'bundle.not-found',
    `${from.name} has no bundle ${digest} of the job ${JSON.stringify(jobId)}.`,
    {
      path: bundleKey(digest),
    },
  );
}

/** A link that has the name is followed: what it leads to is the place. */
async function placeOf(targetDir: string): Promise<string> {
  const target = resolve(targetDir);
  if (basename(target) === '') {
    throw new WaybillError('name.outside-root', 'A bundle cannot take the place of the root directory.', {
      path: target,
    });
  }
  return await realpath(target).catch(() => target);
}

interface Place {
  /** The directory that the target is in. */
  readonly here: Store;
  readonly name: StorePath;
}

/** Whether the bundle is there already; rejects where something else is. */
async function holds({here, name}: Place, {entries}: Bundle, signal: AbortSignal): Promise<boolean> {
  const found = await here.stat(name, {signal});
  if (found === undefined) return false;
  if (found.kind !== 'directory') {
    throw new WaybillError('store.not-a-directory', `${JSON.stringify(name)} is there, and is no directory.`, {
      path: name,
    });
  }
  const there = await compareTree({store: here, root: name, entries, content: true, directoryModes: true, signal});
  if (there?.size === entries.length) return true;
  if (there?.size === 0) return false;
  throw new WaybillError('store.not-empty', `${JSON.stringify(name)} holds something else than this bundle.`, {
    path: name,
    remedy: 'Choose a directory that is missing or empty.',
  });
}

async function restore({here, name}: Place, bundle: Bundle, options: DownloadBundleOptions): Promise<void> {
  const {from, signal, onProgress} = options;
  const staging = stagingOf(name, bundle.digest);
  const tree = joinStorePath(staging, 'tree');
  await here.makeDirectory(staging, {mode: 0o700, signal});
  const there = await restoredBefore(here, tree, bundle, signal);
  await restoreTree({from, to: here, staging, tree, bundle, there, signal, onProgress});
  const empty = await here.stat(name, {signal});
  if (empty !== undefined) await here.setAttributes(tree, {mode: empty.mode & 0o777}, {signal});
  await here.rename(tree, name, {overwrite: true, signal});
  await here.removeTree(staging, {signal});
}

/** What an earlier attempt has restored. Where somebody else has written there too, or closed it, nothing of it is used. */
async function restoredBefore(
  here: Store,
  tree: StorePath,
  {entries}: Bundle,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const question = {store: here, root: tree, entries, content: true, directoryModes: false, signal};
  if ((await here.stat(tree, {signal})) !== undefined) {
    const there = await compareTree(question).catch((error: unknown) => {
      if (!hasCode(error, 'store.permission-denied', 'store.not-a-directory')) throw error;
    });
    if (there !== undefined) return there;
    await here.removeTree(tree, {signal});
  }
  await here.makeDirectory(tree, {signal});
  return new Set();
}

/** Beside the target, on the same file system; another bundle, or another target, has another one. */
function stagingOf(name: string, digest: string): StorePath {
  const key = createHash('sha256').update(`${digest} ${name}`).digest('hex');
  return `.waybill-bundle-${key.slice(0, 20)}`;
}
