import {namesIn} from '../../../activities/retention/directories.js';
import type {Catalog} from '../../artifacts/catalog/catalog.js';
import {executionRoot} from '../../artifacts/keys.js';
import type {Artifact, ArtifactKind} from '../../contracts/artifacts.js';
import {hasCode} from '../../contracts/errors.js';
import {executionId} from '../../contracts/ids.js';
import {joinStorePath} from '../../stores/paths.js';
import type {Store, StorePath} from '../../stores/store.js';

/** What one side has and the other lacks. */
export type Difference =
  | {readonly difference: 'no-object'; readonly executionId: string; readonly key: string; readonly name: string}
  | {readonly difference: 'no-record'; readonly executionId: string; readonly key: string}
  | {
      readonly difference: 'size';
      readonly executionId: string;
      readonly key: string;
      readonly expected: number;
      readonly found: number;
    };

export interface CompareOptions {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly signal: AbortSignal;
}

const PAGE = 1000;
const KINDS: readonly ArtifactKind[] = ['input', 'output', 'log'];

/**
 * Compares catalog and store, execution by execution; those that are open are left out, since both sides change. The
 * names of one execution are held in memory.
 */
export async function* compare({store, catalog, signal}: CompareOptions): AsyncGenerator<Difference> {
  for (let after: string | undefined; ; ) {
    const page = await catalog.listExecutions({limit: PAGE, ...(after === undefined ? {} : {after})});
    for (const {id, state, generation} of page.executions) {
      if (state !== 'open') yield* compareExecution({store, catalog, signal}, id, generation);
    }
    after = page.next;
    if (after === undefined) break;
  }
  for await (const id of namesIn(store, 'executions', signal)) {
    if (executionId.safeParse(id).success && (await catalog.getExecution(id)) !== undefined) continue;
    if (await catalog.retention.wasRemoved(id)) continue;
    yield {difference: 'no-record', executionId: id, key: joinStorePath('executions', id)};
  }
}

async function* compareExecution(
  {store, catalog, signal}: CompareOptions,
  id: string,
  generations: number,
): AsyncGenerator<Difference> {
  const found = new Map<StorePath, number>();
  for await (const [key, size] of filesOf(store, id, signal)) found.set(key, size);
  for (let generation = 1; generation <= generations; generation += 1) {
    for await (const artifact of artifactsOf(catalog, id, generation)) {
      const {key, type, name, size, storedSize = size} = artifact;
      const there = found.get(key);
      found.delete(key);
      if (type === 'file' && there !== undefined && there !== storedSize) {
        yield {difference: 'size', executionId: id, key, expected: storedSize, found: there};
      }
      // An empty directory of outputs need not have an object of its own; a log is one.
      if (there !== undefined || (type === 'directory' && artifact.kind !== 'log') || hasExpired(artifact)) continue;
      if ((await store.stat(key, {signal})) === undefined) yield {difference: 'no-object', executionId: id, key, name};
    }
  }
  for (const key of found.keys()) yield {difference: 'no-record', executionId: id, key};
}

async function* artifactsOf(catalog: Catalog, id: string, generation: number): AsyncGenerator<Artifact> {
  for (const kind of KINDS) {
    for (let after: string | undefined; ; ) {
      const page = {executionId: id, kind, generation, limit: PAGE};
      const {artifacts, next} = await catalog.listArtifacts(after === undefined ? page : {...page, after});
      yield* artifacts;
      after = next;
      if (after === undefined) break;
    }
  }
}

/** Inputs and outputs. Unfinished files and the list of inputs are no artifacts, and a log is a directory of objects. */
async function* filesOf(store: Store, id: string, signal: AbortSignal): AsyncGenerator<readonly [StorePath, number]> {
  const root = executionRoot(id);
  try {
    for await (const {name, kind} of store.list(root, {signal})) {
      if (kind === 'directory' && /^(inputs|outputs(-g\d+)?)$/.test(name)) {
        yield* filesBelow(store, joinStorePath(root, name), signal);
      }
    }
  } catch (error) {
    if (!hasCode(error, 'store.not-found')) throw error;
  }
}

async function* filesBelow(
  store: Store,
  directory: StorePath,
  signal: AbortSignal,
): AsyncGenerator<readonly [StorePath, number]> {
  for await (const {name, kind, size, unrepresentable} of store.list(directory, {signal})) {
    if (unrepresentable === true) continue;
    const path = joinStorePath(directory, name);
    if (kind === 'directory') yield* filesBelow(store, path, signal);
    else yield [path, size];
  }
}

/** The next sweep takes its record too. */
function hasExpired({expiresAt}: Artifact): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) < Date.now();
}
