import type {Store, StorePath} from '../../stores/store.js';
import {planTree} from '../../transfer/plan-tree.js';
import type {PlannedFile} from '../../transfer/planned-file.js';
import {digestsOf} from './describe-tree.js';
import type {BundleEntry} from './manifest.js';

export interface CompareTreeOptions {
  readonly store: Store;
  readonly root: StorePath;
  readonly entries: readonly BundleEntry[];
  /** Whether files are read and compared by their digests, or by size alone. */
  readonly content: boolean;
  /** False while directories have not got their modes yet. */
  readonly directoryModes: boolean;
  readonly signal: AbortSignal;
}

/** Which names of the bundle are there; undefined where something is there that is not the bundle's. */
export async function compareTree(options: CompareTreeOptions): Promise<ReadonlySet<string> | undefined> {
  const {store, root, signal} = options;
  const wanted = new Map(options.entries.map((entry) => [entry.path, entry]));
  const there = new Set<string>();
  const files: PlannedFile[] = [];
  for await (const found of planTree({store, root, signal})) {
    const entry = wanted.get(found.name);
    if ('refused' in found || entry === undefined || !looksLike(entry, found, options.directoryModes)) return undefined;
    there.add(found.name);
    if (found.kind === 'file') files.push(found);
  }
  if (!options.content) return there;
  const digests = await digestsOf(store, root, files, signal);
  const isRight = ({name}: PlannedFile): boolean => {
    const entry = wanted.get(name);
    return entry?.kind === 'file' && entry.sha256 === digests.get(name);
  };
  return files.every(isRight) ? there : undefined;
}

function looksLike(entry: BundleEntry, found: PlannedFile, directoryModes: boolean): boolean {
  const mode = found.mode & 0o777;
  if (entry.kind === 'link') return found.kind === 'link' && found.linkTarget === entry.target;
  if (entry.kind === 'directory') return found.kind === 'directory' && (!directoryModes || mode === entry.mode);
  return found.kind === 'file' && found.size === entry.size && mode === entry.mode;
}
