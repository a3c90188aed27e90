import {WaybillError} from '../../contracts/errors.js';
import {inParallel} from '../../stores/in-parallel.js';
import {joinStorePath} from '../../stores/paths.js';
import type {Store, StorePath} from '../../stores/store.js';
import {digestOf} from '../../transfer/file-digest.js';
import {errorOf} from '../../transfer/file-outcome.js';
import {planTree} from '../../transfer/plan-tree.js';
import type {PlannedFile} from '../../transfer/planned-file.js';
import type {BundleEntry} from './manifest.js';

/** Each file costs several calls: so many files overlap theirs. */
const FILES_AT_ONCE = 16;

/** What a directory holds, as the entries of a bundle. Rejects with the first name that a bundle cannot carry. */
export async function describeTree(store: Store, signal: AbortSignal): Promise<readonly BundleEntry[]> {
  const found: PlannedFile[] = [];
  for await (const entry of planTree({store, root: '', signal})) {
    if ('refused' in entry) throw errorOf({name: entry.name, ...entry.refused});
    found.push(entry);
  }
  const files = found.filter(({kind}) => kind === 'file');
  const digests = await digestsOf(store, '', files, signal);
  for (const file of files) await requireUnchanged(store, file, signal);
  return found.map((entry): BundleEntry => {
    const {name: path, kind, size} = entry;
    const mode = entry.mode & 0o777;
    if (kind === 'directory') return {path, kind, mode};
    if (kind === 'link') return {path, kind, target: entry.linkTarget ?? ''};
    return {path, kind, mode, size, sha256: digests.get(path) ?? ''};
  });
}

/** SHA-256 of each file below `root`, by its name. */
export async function digestsOf(
  store: Store,
  root: StorePath,
  files: Iterable<{readonly name: string; readonly size: number}>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  await inParallel(files, FILES_AT_ONCE, async ({name, size}) => {
    digests.set(name, await digestOf(store, joinStorePath(root, name), size, signal));
  });
  return digests;
}

/** What is stored already is never read again: a file that changed under the digest would be in no state it ever had. */
async function requireUnchanged(store: Store, {name, identity}: PlannedFile, signal: AbortSignal): Promise<void> {
  const now = await store.stat(name, {signal});
  if (now?.identity === identity) return;
  throw new WaybillError('source.changed', `${JSON.stringify(name)} changed while it was read.`, {path: name});
}
