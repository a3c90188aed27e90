import {posix} from 'node:path';
import {WaybillError} from '../../contracts/errors.js';
import type {TransferOptions} from '../../contracts/transfer.js';
import {joinStorePath} from '../../stores/paths.js';
import type {StorePath} from '../../stores/store.js';
import {planTree, type PlanTreeOptions} from '../plan-tree.js';
import {type PlannedFile, refusedBy, type RefusedEntry} from '../planned-file.js';
import {selection, type SelectionRules} from '../selection.js';
import {type CopyDestination, PARTIALS_PREFIX, resolveDestination} from './destination.js';
import {type CopyPlace, type LocatedSource, locateSources} from './locate.js';

/** What a copy is going to move, in a stream: nothing of a tree is looked at before its entries are asked for. */
export interface CopyPlan {
  readonly destination: CopyDestination;
  /** What is going to be written: each path of the destination's store, with everything below it. */
  readonly writes: readonly StorePath[];
  /** Entries that come from one store, by its key; `source` of each is its whole path there. */
  readonly groups: readonly {readonly key: string; readonly entries: AsyncIterable<PlannedFile | RefusedEntry>}[];
}

export interface PlanCopyOptions {
  readonly sources: readonly CopyPlace[];
  readonly destination: CopyPlace;
  readonly options: TransferOptions;
  /** Whether modes and times are wanted although the options do without. Default false. */
  readonly attributes?: boolean;
  readonly signal: AbortSignal;
}

export async function planCopy(request: PlanCopyOptions): Promise<CopyPlan> {
  const {sources, destination, options, signal} = request;
  const attributes = request.attributes === true || needsAttributes(options);
  if (options.preserveOwner) requireOwners([...sources, destination]);
  const located = await locateSources(sources, {hidden: options.hidden, signal});
  // A pattern may match another number of files tomorrow: where they arrive must not depend on that.
  const pattern = located.some(({expanded}) => expanded);
  const to = await resolveDestination(destination, located, pattern, signal);
  const names = mayCollide(located) ? new Map<string, LocatedSource>() : undefined;
  const runs: LocatedSource[][] = [];
  for (const source of located) {
    const run = runs.at(-1);
    if (run?.[0]?.key === source.key) run.push(source);
    else runs.push([source]);
  }
  const planning: Planning = {options, attributes, signal, now: Date.now(), names, rename: to.rename};
  return {
    destination: to,
    writes: writtenPaths(to, located),
    groups: runs.map((run) => ({key: run[0]?.key ?? '', entries: entriesOf(run, planning)})),
  };
}

function requireOwners(places: readonly CopyPlace[]): void {
  const without = places.find(({store}) => store.properties.owners !== true)?.store;
  if (without === undefined) return;
  throw new WaybillError('store.unsupported', `${without.name} knows no owners of files, and they were to be kept`, {
    path: without.name,
    remedy: 'Leave out --preserve-owner.',
  });
}

/** The names of more sources are not listed one by one: their directory stands for them. */
const MOST_WRITES = 1_000;

function writtenPaths({root, rename}: CopyDestination, located: readonly LocatedSource[]): readonly StorePath[] {
  const paths = new Set(
    located.map(({contents, name}) => (contents || name === '' ? root : joinStorePath(root, rename ?? name))),
  );
  return paths.has(root) || paths.size > MOST_WRITES ? [root] : [...paths];
}

interface Planning {
  readonly options: TransferOptions;
  readonly attributes: boolean;
  readonly signal: AbortSignal;
  /** The time that files get where theirs is not kept: one for all attempts. */
  readonly now: number;
  /** What each name comes from. */
  readonly names: Map<string, LocatedSource> | undefined;
  readonly rename: string | undefined;
}

/** Contents of directories, and equal names, may meet at the destination; everything else is below a name of its own. */
function mayCollide(located: readonly LocatedSource[]): boolean {
  if (located.length < 2) return false;
  const own = new Set(located.map(({name}) => name));
  return own.size < located.length || located.some(({contents}) => contents);
}

async function* entriesOf(
  sources: readonly LocatedSource[],
  planning: Planning,
): AsyncGenerator<PlannedFile | RefusedEntry> {
  const {names} = planning;
  for (const source of sources) {
    for await (const entry of sourceEntries(source, planning)) {
      if (!('refused' in entry) && names !== undefined) {
        const other = names.get(entry.name);
        if (other !== undefined) {
          if (entry.kind === 'directory') continue;
          const both = `${origin(other, entry.name)} and ${origin(source, entry.name)}`;
          throw new WaybillError('name.collision', `${both} would both be ${entry.name}`, {path: entry.name});
        }
        names.set(entry.name, source);
      }
      yield entry;
    }
  }
}

/** Where the file lies that arrives as `name`. */
function origin({shown, path, entry, contents, name: own}: LocatedSource, name: string): string {
  if (entry.kind !== 'directory') return shown(path);
  return shown(posix.join(path, contents ? name : name.slice(own.length)));
}

async function* sourceEntries(source: LocatedSource, planning: Planning): AsyncGenerator<PlannedFile | RefusedEntry> {
  const {options, rename} = planning;
  const {path, entry, name: own} = source;
  if (entry.kind === 'special') {
    yield refusedBy(
      own,
      new WaybillError('source.special-file', 'Sockets, FIFOs and devices have no content to carry.'),
    );
  } else if (entry.kind === 'directory') yield* treeEntries(source, planning);
  else if (selection({patterns: options.include, exclude: options.exclude}).takes(own, 'file')) {
    const {size, mode, modifiedAt, identity, owner} = entry;
    const file = {name: rename ?? own, source: path, kind: 'file' as const, size, mode: mode & 0o7777, modifiedAt};
    yield adjusted({...file, identity, ...(owner === undefined ? {} : {owner})}, planning);
  }
}

async function* treeEntries(source: LocatedSource, planning: Planning): AsyncGenerator<PlannedFile | RefusedEntry> {
  const {options, attributes, signal} = planning;
  const prefix = source.contents ? '' : source.name;
  if (prefix !== '') {
    const {mode, modifiedAt, owner} = source.entry;
    const directory = {name: prefix, kind: 'directory' as const, size: 0, mode: mode & 0o7777, modifiedAt};
    yield adjusted({...directory, ...(owner === undefined ? {} : {owner})}, planning);
  }
  const links = options.symlinks ?? (source.store.kind === 'local' ? 'follow' : 'skip');
  const tree: PlanTreeOptions = {
    ...{store: source.store, root: source.path, signal, select: rulesOf(options), owners: options.preserveOwner},
    links: links === 'follow' ? 'follow' : 'keep',
    attributes,
  };
  for await (const found of planTree(tree)) {
    const name = posix.join(prefix, found.name);
    if ('refused' in found) yield {...found, name, refused: refusal(found, links)};
    else if (found.kind === 'link' && links === 'skip') {
      yield refusedBy(name, new WaybillError('link.not-followed', 'It is a link, and links are left out.'));
    } else yield adjusted({...found, name, source: posix.join(source.path, found.source ?? found.name)}, planning);
  }
}

/** Whether the plan itself decides by modes and times, or changes them. */
function needsAttributes(options: TransferOptions): boolean {
  const {overwrite, preserveMode, preserveTimes, preserveOwner, removeFirst} = options;
  const compares = overwrite === 'newer' || overwrite === 'different' || removeFirst;
  return compares || !preserveMode || !preserveTimes || preserveOwner;
}

function rulesOf({include, exclude, hidden, recursive}: TransferOptions): SelectionRules {
  return {
    patterns: include,
    exclude: [...exclude, `${PARTIALS_PREFIX}*`],
    hidden,
    // The rules of an ignore file can name directories alone.
    ...(recursive ? {} : {ignoreFile: '*/'}),
  };
}

/** A link that cannot be followed is reported; only a name that cannot be carried is a file that is missing afterwards. */
function refusal({refused}: RefusedEntry, links: 'follow' | 'skip' | 'copy'): RefusedEntry['refused'] {
  if (links !== 'follow' || !['store.unsupported', 'store.not-found'].includes(refused.code)) return refused;
  return {...refused, code: 'link.not-followed'};
}

function adjusted(file: PlannedFile, {options, now}: Planning): PlannedFile | RefusedEntry {
  if (options.maxSizeBytes !== undefined && file.size > options.maxSizeBytes) {
    const message = `It has ${file.size} bytes, and ${options.maxSizeBytes} is the most that was asked for.`;
    return refusedBy(file.name, new WaybillError('source.too-large', message));
  }
  const usual = file.kind === 'directory' ? 0o755 : 0o644;
  const {owner, ...ownerless} = file;
  return {
    ...ownerless,
    ...(options.preserveOwner && owner !== undefined ? {owner} : {}),
    mode: options.preserveMode ? file.mode : file.mode & usual,
    modifiedAt: options.preserveTimes ? file.modifiedAt : now,
  };
}
