import {createChunkHasher} from '../hashing/chunk-hasher.js';
import type {Store, StorePath} from '../stores/store.js';
import {moveShape} from './move-shape.js';
import type {PlannedFile} from './planned-file.js';
import {readAhead} from './read-ahead.js';

/** What a tree held before: entries that are the same still are left out of the plan. */
export interface Baseline {
  readonly entries: ReadonlyMap<
    string,
    Pick<PlannedFile, 'kind' | 'size' | 'mode' | 'identity' | 'sha256' | 'linkTarget'>
  >;
  /** The SHA-256 of a file of the tree, where something cheaper than reading it can tell. */
  readonly digest?: (path: StorePath, size: number) => Promise<string | undefined>;
}

/** Whether `file` holds what the baseline has: another time alone does not make it another file. */
export async function isUnchanged(
  file: PlannedFile,
  path: StorePath,
  store: Store,
  baseline: Baseline,
  signal: AbortSignal,
): Promise<boolean> {
  const before = baseline.entries.get(file.name);
  if (before?.kind !== file.kind) return false;
  if (file.kind === 'directory') return true;
  if (file.kind === 'link') return before.linkTarget === file.linkTarget;
  if (before.size !== file.size) return false;
  if (before.identity !== undefined && before.identity === file.identity) return true;
  if (before.sha256 === undefined) return false;
  const found = (await baseline.digest?.(path, file.size)) ?? (await digestByReading(store, path, signal));
  return found === before.sha256;
}

async function digestByReading(store: Store, path: StorePath, signal: AbortSignal): Promise<string | undefined> {
  const source = await store.openSource(path, {signal});
  const hasher = createChunkHasher({whole: true});
  try {
    const {reading} = moveShape(store.properties, store.properties);
    const all = {...reading, start: 0, end: source.entry.size, boundary: Number.MAX_SAFE_INTEGER, signal};
    for await (const chunk of readAhead(source, all)) await hasher.update(chunk.bytes);
    return (await hasher.finish()).whole;
  } finally {
    hasher.abandon();
    await source.close();
  }
}
