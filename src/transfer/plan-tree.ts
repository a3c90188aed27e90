import {WaybillError} from '../contracts/errors.js';
import {joinStorePath} from '../stores/paths.js';
import type {ListedEntry, Store, StorePath} from '../stores/store.js';
import {staysInside} from './links.js';
import {byNameBytes} from './name-order.js';
import {type PlannedFile, refusedBy, type RefusedEntry} from './planned-file.js';
import {type Selection, type SelectionRules, selection} from './selection.js';

export interface PlanTreeOptions {
  readonly store: Store;
  readonly root: StorePath;
  readonly select?: SelectionRules;
  /** `keep` carries links that stay in the tree, `follow` what they point to there. Default `keep`. */
  readonly links?: 'keep' | 'skip' | 'follow';
  /** False where mode and time may be left to the moment when a file is opened: see `ListOptions`. Default true. */
  readonly attributes?: boolean;
  /** Whether the plan says who owns what, so that the destination has it too. Default false. */
  readonly owners?: boolean;
  readonly signal?: AbortSignal;
}

/** Deeper than file systems let a path get; what ends a tree that has itself in it. */
const MOST_LEVELS = 2048;

/**
 * Everything below `root`, each name once, in the order of the bytes of whole names, directories before what they
 * hold. Holds one listing for each level. What cannot be carried is answered as refused, never left out in silence.
 */
export async function* planTree(options: PlanTreeOptions): AsyncGenerator<PlannedFile | RefusedEntry> {
  const walk: Walk = {
    ...options,
    links: options.links ?? 'keep',
    rules: selection(options.select),
    signal: options.signal ?? new AbortController().signal,
  };
  yield* directory(walk, '', 0);
}

interface Walk extends PlanTreeOptions {
  readonly links: 'keep' | 'skip' | 'follow';
  readonly rules: Selection;
  readonly signal: AbortSignal;
}

interface Step {
  readonly key: string;
  readonly entry: ListedEntry;
  /** The directory's contents, which follow later than its own name: `a`, `a.txt`, `a/b`. */
  readonly contents: boolean;
}

async function* directory(walk: Walk, name: string, level: number): AsyncGenerator<PlannedFile | RefusedEntry> {
  if (level > MOST_LEVELS) {
    yield refusedBy(name, new WaybillError('name.not-carried', 'The tree is too deep.'));
    return;
  }
  for (const {key, entry, contents} of await steps(walk, name)) {
    walk.signal.throwIfAborted();
    if (entry.unrepresentable === true) {
      yield refusedBy(
        key,
        new WaybillError('name.not-carried', 'The name is not UTF-8 and cannot be carried exactly.'),
      );
    } else if (contents) {
      if (walk.rules.enters(key.slice(0, -1))) yield* directory(walk, key.slice(0, -1), level + 1);
    } else yield* one(walk, key, entry);
  }
}

async function steps(walk: Walk, name: string): Promise<readonly Step[]> {
  const found: Step[] = [];
  const prefix = name === '' ? '' : `${name}/`;
  const {signal, attributes = true} = walk;
  for await (const entry of walk.store.list(joinStorePath(walk.root, name), {signal, attributes})) {
    found.push({key: prefix + entry.name, entry, contents: false});
    if (entry.kind === 'directory' && entry.unrepresentable !== true) {
      found.push({key: `${prefix}${entry.name}/`, entry, contents: true});
    }
  }
  return found.sort((a, b) => byNameBytes(a.key, b.key));
}

async function* one(walk: Walk, name: string, entry: ListedEntry): AsyncGenerator<PlannedFile | RefusedEntry> {
  if (!walk.rules.takes(name, entry.kind === 'directory' ? 'directory' : 'file')) return;
  if (entry.kind === 'special') {
    yield refusedBy(
      name,
      new WaybillError('source.special-file', 'Sockets, FIFOs and devices have no content to carry.'),
    );
  } else if (entry.kind !== 'link') yield {...facts(walk, name, entry), kind: entry.kind};
  else if (walk.links !== 'skip') yield* link(walk, name, entry);
}

async function* link(walk: Walk, name: string, entry: ListedEntry): AsyncGenerator<PlannedFile | RefusedEntry> {
  const linkTarget = await walk.store.readLink(joinStorePath(walk.root, name), {signal: walk.signal});
  if (!staysInside(name, linkTarget)) {
    yield refusedBy(
      name,
      new WaybillError('link.leaves-root', `The link points out of the tree: ${JSON.stringify(linkTarget)}.`),
    );
    return;
  }
  if (walk.links === 'keep') {
    yield {...facts(walk, name, entry), kind: 'link', linkTarget};
    return;
  }
  yield* followed(walk, name, linkTarget);
}

async function* followed(walk: Walk, name: string, target: string): AsyncGenerator<PlannedFile | RefusedEntry> {
  const inside = resolved(name, target);
  const entry = await walk.store.stat(joinStorePath(walk.root, inside), {signal: walk.signal});
  if (entry === undefined) yield refusedBy(name, new WaybillError('store.not-found', 'The link points to nothing.'));
  else if (entry.kind === 'file') yield {...facts(walk, name, entry), source: inside, kind: 'file'};
  else {
    // Following directories would carry them twice, or for ever where they lead in a circle.
    yield refusedBy(
      name,
      new WaybillError('store.unsupported', `Only links to files are followed, and this one names a ${entry.kind}.`),
    );
  }
}

function resolved(name: string, target: string): string {
  const parts = name.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function facts({owners}: Walk, name: string, entry: Omit<ListedEntry, 'name'>): Omit<PlannedFile, 'kind'> {
  const {size, mode, modifiedAt, identity, owner, attributesLeftOut} = entry;
  return {
    ...{name, size: entry.kind === 'file' ? size : 0, mode: mode & 0o7777, modifiedAt, identity},
    ...(owners === true && owner !== undefined ? {owner} : {}),
    ...(attributesLeftOut === undefined ? {} : {attributesLeftOut}),
  };
}
