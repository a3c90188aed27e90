import {mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {openLocalStore} from '../../stores/local/store.js';
import {type ClaimRequest, DestinationClaims} from './destination-claims.js';

let root: string;
let alive: (id: string) => boolean;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-claims-'));
  alive = () => true;
});
afterEach(() => rm(root, {recursive: true}));

/** As another worker on the same default store has them. */
function claims(): DestinationClaims {
  const store = openLocalStore({name: 'store', root});
  return new DestinationClaims(store, ({claim}) => Promise.resolve(alive(claim.holder.id)));
}

function by(id: string, paths: readonly string[], scope = 'far'): ClaimRequest {
  const holder = {kind: 'workflow' as const, id};
  return {holder, scope, paths: [...paths], location: `${scope}:/`, root: ''};
}

const busy = {code: 'transfer.destination-busy', found: 'first'};

it.each([
  ['the same path', '/data/x', '/data/x'],
  ['a path below', '/data/x', '/data/x/sub/file'],
  ['a path above', '/data/x/sub', '/data/x'],
  ['everything', '/', '/data'],
])('refuses %s, by the name of who has it', async (_, first, second) => {
  await claims().take(by('first', [first]));
  await expect(claims().take(by('second', ['/else', second]))).rejects.toMatchObject({...busy, path: first});
  await claims().release(by('first', []).holder);
  await claims().take(by('second', ['/else', second]));
  expect(await readdir(join(root, 'claims'))).toEqual(['second.json']);
});

it.each([
  ['its neighbour', '/data/xy', 'far'],
  ['another file of the same directory', '/data/y', 'far'],
  ['the same path elsewhere', '/data/x', 'near'],
])('lets %s be written meanwhile', async (_, path, scope) => {
  await claims().take(by('first', ['/data/x']));
  await claims().take(by('second', [path], scope));
  expect((await readdir(join(root, 'claims'))).sort()).toEqual(['first.json', 'second.json']);
});

it('lets one holder claim again, and takes what a dead one has', async () => {
  await claims().take(by('first', ['/data/x']));
  await claims().take(by('first', ['/data/x']));
  alive = (id) => id !== 'first';
  await claims().take(by('second', ['/data/x']));
  await expect(claims().take(by('third', ['/data/x']))).rejects.toMatchObject({found: 'second'});
});

it('keeps what a holder has when it claims again while another one asks', async () => {
  await claims().take(by('first', ['/data/x']));
  const asking = {version: 1, state: 'asking', ...by('second', ['/data/x']), claimedAt: new Date().toISOString()};
  await writeFile(join(root, 'claims/second.json'), JSON.stringify(asking));
  await claims().take(by('first', ['/data/x']));
  expect((await readdir(join(root, 'claims'))).sort()).toEqual(['first.json', 'second.json']);
});

it('gives a path to one of twenty that come at once', async () => {
  const asked = Array.from({length: 20}, (_, copy) => claims().take(by(`copy-${copy}`, ['/data/x'])));
  const ended = await Promise.allSettled(asked);
  expect(ended.filter(({status}) => status === 'fulfilled')).toHaveLength(1);
  for (const end of ended) {
    if (end.status === 'rejected') expect(end.reason).toMatchObject({code: 'transfer.destination-busy'});
  }
  expect(await readdir(join(root, 'claims'))).toHaveLength(1);
});

it('goes on past what another version wrote', async () => {
  await claims().take(by('first', ['/data/x']));
  await writeFile(join(root, 'claims/strange.json'), '{"version":9}');
  await claims().take(by('second', ['/data/y']));
});
