import {hasCode} from '../contracts/errors.js';
import {joinStorePath} from '../stores/paths.js';
import type {ListedEntry, Store, StorePath} from '../stores/store.js';
import {staysInside} from '../transfer/links.js';
import type {PlannedFile, RefusedEntry} from '../transfer/planned-file.js';

/** Directories that are listed at the same time, so that a long line is not waited for once for each. */
const LISTED_AT_ONCE = 8;

export interface WorkTree {
  readonly files: readonly PlannedFile[];
  readonly links: readonly PlannedFile[];
  /** Directories with nothing in them. */
  readonly emptyDirectories: readonly PlannedFile[];
  readonly refused: readonly RefusedEntry[];
}

interface Found {
  readonly files: PlannedFile[];
  readonly links: PlannedFile[];
  readonly emptyDirectories: PlannedFile[];
  readonly refused: RefusedEntry[];
}

/** Everything below `root`, no link followed; a root that is not there is empty. */
export async function walkWork(store: Store, root: StorePath, signal?: AbortSignal): Promise<WorkTree> {
  const found: Found = {files: [], links: [], emptyDirectories: [], refused: []};
  let level: (PlannedFile | undefined)[] = [undefined];
  while (level.length > 0) {
    const next: PlannedFile[] = [];
    for (let first = 0; first < level.length; first += LISTED_AT_ONCE) {
      const group = level.slice(first, first + LISTED_AT_ONCE);
      const below = await Promise.all(group.map((directory) => listOne(store, root, directory, found, signal)));
      next.push(...below.flat());
    }
    level = next;
  }
  return found;
}

/** Sorts one directory's entries into `found` and answers with the directories among them. */
async function listOne(
  store: Store,
  root: StorePath,
  directory: PlannedFile | undefined,
  found: Found,
  signal: AbortSignal | undefined,
): Promise<PlannedFile[]> {
  const call = signal ? {signal} : {};
  const below: PlannedFile[] = [];
  const prefix = directory === undefined ? '' : `${directory.name}/`;
  let entries = 0;
  try {
    for await (const entry of store.list(joinStorePath(root, directory?.name ?? ''), call)) {
      entries++;
      const name = prefix + entry.name;
      if (entry.unrepresentable === true) found.refused.push(refused(name, 'name.not-carried', 'is not UTF-8'));
      else if (entry.kind === 'file') found.files.push({...plan(name, entry), kind: 'file', identity: entry.identity});
      else if (entry.kind === 'directory') below.push({...plan(name, entry), kind: 'directory'});
      else if (entry.kind === 'special')
        found.refused.push(refused(name, 'source.special-file', 'is a socket, FIFO or device'));
      else await addLink(store, root, plan(name, entry), found, call);
    }
  } catch (error) {
    if (hasCode(error, 'store.not-found')) return [];
    if (directory === undefined || !hasCode(error, 'store.permission-denied')) throw error;
    found.refused.push(refused(directory.name, error.code, 'cannot be listed'));
    return [];
  }
  if (entries === 0 && directory !== undefined) found.emptyDirectories.push(directory);
  return below;
}

async function addLink(
  store: Store,
  root: StorePath,
  planned: Omit<PlannedFile, 'kind'>,
  found: Found,
  call: {readonly signal?: AbortSignal},
): Promise<void> {
  const linkTarget = await store.readLink(joinStorePath(root, planned.name), call);
  if (!staysInside(planned.name, linkTarget)) {
    const where = `points to ${JSON.stringify(linkTarget)}, outside of the working directory`;
    found.refused.push(refused(planned.name, 'link.leaves-root', where));
  } else found.links.push({...planned, kind: 'link', linkTarget});
}

function plan(name: string, entry: ListedEntry): Omit<PlannedFile, 'kind'> {
  return {name, size: entry.size, mode: entry.mode, modifiedAt: entry.modifiedAt};
}

function refused(name: string, code: string, message: string): RefusedEntry {
  return {name, refused: {code, message: `${JSON.stringify(name)} ${message}`}};
}
