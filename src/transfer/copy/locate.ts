import picomatch from 'picomatch';
import {WaybillError} from '../../contracts/errors.js';
import {joinStorePath, splitStorePath} from '../../stores/paths.js';
import type {Entry, Store, StorePath} from '../../stores/store.js';
import {byNameBytes} from '../name-order.js';

/** A source or destination as somebody named it. */
export interface CopyPlace {
  readonly store: Store;
  /** Below the store's root. A trailing slash says: a directory, and as a source its contents. The root is `''` or `/`. */
  readonly path: string;
  /** Equal for places in the same store with the same root. Default: the store's name. */
  readonly key?: string;
  /** A path of the store as whoever named the place would write it, for messages. Default: `STORE:path`. */
  readonly shown?: (path: StorePath) => string;
}

export function keyOf({key, store}: Pick<CopyPlace, 'key' | 'store'>): string {
  return key ?? store.name;
}

/** A path of a place's store, as people know it. */
export function shownAt({store, shown}: Pick<CopyPlace, 'store' | 'shown'>, path: StorePath): string {
  return shown?.(path) ?? `${store.name}:${path}`;
}

/** A source that was found. */
export interface LocatedSource {
  readonly store: Store;
  readonly key: string;
  /** Where it lies: what a link names, where it is one. */
  readonly path: StorePath;
  /** The name under which it arrives; empty for the root of a store. */
  readonly name: string;
  readonly entry: Entry;
  /** What lies in the directory, not the directory itself. */
  readonly contents: boolean;
  /** Found by a pattern. */
  readonly expanded: boolean;
  /** Where it lies, as people know it. */
  readonly shown: (path: StorePath) => string;
}

/** Links behind links that are followed before they count as a circle, as Linux does. */
const MOST_LINKS = 40;

/**
 * What the sources name, patterns expanded, in the order in which they were given. Links that are named themselves are
 * followed. Rejects with `store.not-found` and `transfer.nothing-matches`.
 */
export async function locateSources(
  places: readonly CopyPlace[],
  {hidden, signal}: {readonly hidden: boolean; readonly signal: AbortSignal},
): Promise<readonly LocatedSource[]> {
  const located: LocatedSource[] = [];
  for (const place of places) {
    const {store} = place;
    const {path, slash} = plainPath(place.path);
    const shown = (one: StorePath) => shownAt(place, one);
    const paths = await expanded(place, path, hidden, signal);
    for (const one of paths) {
      const found = await followed(place, one, signal);
      if (found === undefined) {
        throw new WaybillError('store.not-found', `there is nothing at ${shown(one)}`, {path: shown(one)});
      }
      const contents = slash || one === '';
      if (contents && found.entry.kind !== 'directory') {
        throw new WaybillError('store.not-a-directory', `${shown(one)} is no directory`, {path: shown(one)});
      }
      const name = splitStorePath(one)?.name ?? '';
      located.push({store, key: keyOf(place), ...found, name, contents, expanded: one !== path, shown});
    }
  }
  return located;
}

/** Without leading and trailing slashes, and whether there was one at the end. */
export function plainPath(path: string): {readonly path: StorePath; readonly slash: boolean} {
  return {path: path.replace(/^\/+|\/+$/g, ''), slash: path.endsWith('/')};
}

/** The entry at `path`; where that is a link, what it names inside the store, and where that lies. */
export async function followed(
  place: Pick<CopyPlace, 'store' | 'shown'>,
  path: StorePath,
  signal: AbortSignal,
): Promise<{readonly path: StorePath; readonly entry: Entry} | undefined> {
  const {store} = place;
  let at = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    if (at === '') {
      const now = Date.now();
      const root = await store.stat('', {signal});
      return {path: at, entry: root ?? {kind: 'directory', size: 0, mode: 0o755, modifiedAt: now, identity: ''}};
    }
    const entry = await store.stat(at, {signal});
    if (entry === undefined) return undefined;
    if (entry.kind !== 'link') return {path: at, entry};
    at = linkedPath(at, await store.readLink(at, {signal}), shownAt(place, at));
  }
  const shown = shownAt(place, path);
  throw new WaybillError('link.leaves-root', `${shown} is a link that leads in a circle.`, {path: shown});
}

function linkedPath(link: StorePath, target: string, shown: string): StorePath {
  const parts = link.split('/').slice(0, -1);
  // Where the root of the store lies is not known here: an absolute target may be outside of it.
  let outside = target.startsWith('/');
  for (const part of target.split('/')) {
    if (part === '..') outside ||= parts.pop() === undefined;
    else if (part !== '' && part !== '.') parts.push(part);
  }
  if (!outside) return parts.join('/');
  throw new WaybillError('link.leaves-root', `${shown} points out of the allowed root.`, {path: shown});
}

const isPattern = (component: string): boolean => picomatch.scan(component).isGlob;

async function expanded(
  place: CopyPlace,
  path: StorePath,
  hidden: boolean,
  signal: AbortSignal,
): Promise<readonly StorePath[]> {
  const {store} = place;
  if (path === '' || !path.split('/').some(isPattern)) return [path];
  // A name that only looks like a pattern is that name.
  if ((await store.stat(path, {signal})) !== undefined) return [path];
  let found: readonly StorePath[] = [''];
  const components = path.split('/');
  for (const [index, component] of components.entries()) {
    const last = index === components.length - 1;
    const next: StorePath[] = [];
    for (const directory of found) next.push(...(await step(store, directory, component, last, hidden, signal)));
    found = next;
  }
  if (found.length > 0) return [...new Set(found)];
  const shown = shownAt(place, path);
  throw new WaybillError('transfer.nothing-matches', `nothing matches ${shown}`, {path: shown});
}

async function step(
  store: Store,
  directory: StorePath,
  component: string,
  last: boolean,
  hidden: boolean,
  signal: AbortSignal,
): Promise<readonly StorePath[]> {
  if (!isPattern(component)) {
    const path = joinStorePath(directory, component);
    return (await store.stat(path, {signal})) === undefined ? [] : [path];
  }
  const any = component === '**';
  const matches = picomatch(any ? '*' : component, {dot: hidden || component.startsWith('.'), windows: false});
  const found: StorePath[] = any && !last ? [directory] : [];
  const below: StorePath[] = [];
  for await (const entry of store.list(directory, {attributes: false, signal})) {
    if (entry.unrepresentable === true || !matches(entry.name)) continue;
    const path = joinStorePath(directory, entry.name);
    if (any && entry.kind === 'directory') below.push(path);
    else if (last || entry.kind === 'directory' || entry.kind === 'link') {
      if (!any || last) found.push(path);
    }
  }
  for (const path of below.sort(byNameBytes)) {
    found.push(...(await step(store, path, component, last, hidden, signal)));
  }
  return any ? found : found.sort(byNameBytes);
}
