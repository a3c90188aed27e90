import {mkdir, mkdtemp, readdir, rm, utimes, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {configuration} from '../config/schema.js';
import {openLocalStore} from '../stores/local/store.js';
import type {ClaimHolder} from '../transfer/claims/claim.js';
import {DestinationClaims} from '../transfer/claims/destination-claims.js';
import {livingHolders, thisProcess} from './claim-holders.js';
import {sweepTransfers} from './sweep-transfers.js';
import {openTargetRegistry} from './target-registry.js';

let root: string;
let files: string;
let store: ReturnType<typeof openLocalStore>;
const failures: string[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-swept-'));
  files = join(root, 'files');
  await mkdir(files);
  store = openLocalStore({name: 'store', root: join(root, 'store')});
  failures.length = 0;
});
afterEach(async () => {
  await store.close();
  await rm(root, {recursive: true});
});

const running = new Set(['runs']);
const runs = (id: string) => Promise.resolve(running.has(id));
const OLD = Date.now() / 1_000 - 40 * 86_400;

function registry() {
  const disk = {kind: 'local' as const, roots: [files], workspaceRoot: join(root, 'workspaces')};
  return openTargetRegistry(
    configuration.parse({
      stateDirectory: root,
      store: {kind: 'local', path: join(root, 'store')},
      targets: {disk, other: disk},
    }),
    {},
  );
}

/** A destination as a copy leaves it that did not clean up. */
async function left(holder: ClaimHolder, location = `disk:${files}/${holder.id}`): Promise<void> {
  const claims = new DestinationClaims(store, () => Promise.resolve(false));
  await claims.take({holder, scope: 'disk', paths: [`${files}/${holder.id}`], location, root: holder.id});
  await mkdir(join(files, holder.id, `.waybill-transfer-${holder.id}`), {recursive: true});
  await writeFile(join(files, holder.id, 'arrived'), 'x');
}

async function sweep(): Promise<number> {
  const isAlive = livingHolders(runs);
  return await sweepTransfers({
    ...{claims: new DestinationClaims(store, isAlive), targets: registry(), isAlive},
    serves: (name) => name === 'disk',
    olderThanDays: 31,
    signal: new AbortController().signal,
    onFailure: (_, location) => failures.push(location),
  });
}

const workflow = (id: string): ClaimHolder => ({kind: 'workflow', id});

it('removes unfinished files of transfers that do not run, and nothing else', async () => {
  await left(workflow('ended'));
  await left(workflow('runs'));
  await left(workflow('elsewhere'), `other:${files}/elsewhere`);
  expect(await sweep()).toBe(1);
  expect(await readdir(join(files, 'ended'))).toEqual(['arrived']);
  expect(await readdir(join(files, 'runs'))).toHaveLength(2);
  expect(await readdir(join(files, 'elsewhere'))).toHaveLength(2);
  expect((await readdir(join(root, 'store/claims'))).sort()).toEqual(['elsewhere.json', 'runs.json']);
  expect(failures).toEqual([]);
});

it('goes on after a destination that cannot be reached, and keeps its claim', async () => {
  await left(workflow('a-lost'), 'gone:/x');
  await left(workflow('z-ended'));
  // No such target: it was taken out of the configuration.
  const isAlive = livingHolders(runs);
  await sweepTransfers({
    ...{claims: new DestinationClaims(store, isAlive), targets: registry(), isAlive},
    serves: () => true,
    olderThanDays: 31,
    signal: new AbortController().signal,
    onFailure: (_, location) => failures.push(location),
  });
  expect(failures).toEqual(['gone:/x']);
  expect(await readdir(join(root, 'store/claims'))).toEqual(['a-lost.json']);
});

it('keeps what a killed process left for as long as it may be taken up, and what a living one writes', async () => {
  const own = await thisProcess('direct-1');
  if (own.kind !== 'process') throw new Error('not a process');
  const dead: ClaimHolder = {...own, process: {...own.process, pid: own.process.pid + 1, startedAt: 'long ago'}};
  await left(dead);
  expect(await sweep()).toBe(0);
  await utimes(join(root, `store/claims/direct-1.${dead.process.pid}.json`), OLD, OLD);
  await left(own);
  expect(await sweep()).toBe(0);
  await new DestinationClaims(store, () => Promise.resolve(false)).release(own);
  expect(await sweep()).toBe(1);
  expect(await readdir(join(files, 'direct-1'))).toEqual(['arrived']);
});
