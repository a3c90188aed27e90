import {createHash} from 'node:crypto';
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, it, onTestFinished} from 'vitest';
import type {Artifact} from '../contracts/artifacts.js';
import {withChaos} from '../stores/decorators/chaos.js';
import {intercepted} from '../stores/decorators/intercepted.js';
import {openLocalStore} from '../stores/local/store.js';
import {download} from './download.js';

async function* each(...artifacts: readonly Artifact[]): AsyncGenerator<Artifact> {
  yield* artifacts;
}

function output(name: string, content: string): Artifact {
  const date = '2026-01-01T00:00:00.000Z';
  return {
    ...{id: `artifact-${name}`, executionId: 'x', kind: 'output', name, key: name, type: 'file', mode: 0o644},
    ...{size: content.length, sha256: createHash('sha256').update(content).digest('hex'), contentType: 'text/plain'},
    ...{modifiedAt: date, createdAt: date, expiresAt: date},
  };
}

it('says each time where the output is that a local file keeps from its name', async () => {
  const home = await mkdtemp(join(tmpdir(), 'waybill-download-'));
  onTestFinished(() => rm(home, {recursive: true}));
  const into = join(home, 'here');
  await mkdir(join(home, 'store'));
  await mkdir(into);
  await writeFile(join(home, 'store/a'), 'theirs');
  await writeFile(join(into, 'a'), 'mine');
  const store = openLocalStore({name: 'store', root: join(home, 'store')});
  onTestFinished(() => store.close());
  for (const time of ['first', 'second']) {
    const files = await download({store, announceReads: () => undefined}, 'x', each(output('a', 'theirs')), {into});
    expect(files, time).toMatchObject([{outcome: 'kept-local', path: join(into, 'a'), savedAs: join(into, 'a.x')}]);
  }
  expect(await readFile(join(into, 'a'), 'utf8')).toBe('mine');
  expect(await readFile(join(into, 'a.x'), 'utf8')).toBe('theirs');
});

it('leaves what somebody writes in place of a replaced file while the others are on their way', async () => {
  const home = await mkdtemp(join(tmpdir(), 'waybill-download-'));
  onTestFinished(() => rm(home, {recursive: true}));
  const into = join(home, 'here');
  await mkdir(join(home, 'store'));
  await mkdir(into);
  for (const name of ['a', 'b']) await writeFile(join(home, 'store', name), 'theirs');
  await writeFile(join(into, 'a'), 'mine');
  const local = openLocalStore({name: 'store', root: join(home, 'store')});
  onTestFinished(() => local.close());
  const store = intercepted(local, async ({method, path}, proceed) => {
    if (method === 'openSource' && path === 'b') await writeFile(join(into, 'a'), 'edited');
    return await proceed();
  });
  const outputs = each(output('a', 'theirs'), output('b', 'theirs'));
  const files = await download({store, announceReads: () => undefined}, 'x', outputs, {into, overwrite: true});
  expect(files.map(({outcome}) => outcome)).toEqual(['downloaded', 'downloaded']);
  expect(await readFile(join(into, 'a'), 'utf8')).toBe('edited');
});

it('tries again where the store fails it once, and brings the output', async () => {
  const home = await mkdtemp(join(tmpdir(), 'waybill-download-'));
  onTestFinished(() => rm(home, {recursive: true}));
  const into = join(home, 'here');
  await mkdir(join(home, 'store'));
  const content = 'x'.repeat(9 * 1024 * 1024);
  await writeFile(join(home, 'store/a'), content);
  const local = openLocalStore({name: 'store', root: join(home, 'store')});
  onTestFinished(() => local.close());
  const store = withChaos(local, [{method: 'openSource', how: 'fail'}]);
  const files = await download({store, announceReads: () => undefined}, 'x', each(output('a', content)), {into});
  expect(files).toMatchObject([{outcome: 'downloaded', path: join(into, 'a')}]);
  expect((await readFile(join(into, 'a'), 'utf8')) === content).toBe(true);
});
