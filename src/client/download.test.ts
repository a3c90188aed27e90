import {createHash} from 'node:crypto';
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, it, onTestFinished} from 'vitest';
import type {Artifact} from '../contracts/artifacts.js';
import {openLocalStore} from '../stores/local/store.js';
import {download} from './download.js';

async function* only(artifact: Artifact): AsyncGenerator<Artifact> {
  yield artifact;
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
  const output: Artifact = {
    id: 'artifact',
    executionId: 'x',
    kind: 'output',
    name: 'a',
    key: 'a',
    type: 'file',
    size: 6,
    sha256: createHash('sha256').update('theirs').digest('hex'),
    mode: 0o644,
    contentType: 'text/plain',
    modifiedAt: '2026-01-01T00:00:00.000Z',
    createdAt: '2026-01-01T00:00:00.000Z',
    expiresAt: '2026-01-01T00:00:00.000Z',
  };
  for (const time of ['first', 'second']) {
    const files = await download({store, announceReads: () => undefined}, 'x', only(output), {into});
    expect(files, time).toMatchObject([{outcome: 'kept-local', path: join(into, 'a'), savedAs: join(into, 'a.x')}]);
  }
  expect(await readFile(join(into, 'a'), 'utf8')).toBe('mine');
  expect(await readFile(join(into, 'a.x'), 'utf8')).toBe('theirs');
});
