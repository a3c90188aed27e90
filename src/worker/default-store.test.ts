import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {configuration} from '../config/schema.js';
import {openDefaultStore, openExistingStore} from './default-store.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-default-store-'));
});
afterEach(() => rm(directory, {recursive: true}));

const settingsOf = (store: Readonly<Record<string, string>>) =>
  configuration.parse({stateDirectory: directory, store, targets: {}});

it('is made by whoever works with it, and not by whoever looks', async () => {
  const settings = settingsOf({kind: 'local', path: join(directory, 'store')});
  await expect(openExistingStore(settings, {})).rejects.toMatchObject({code: 'store.not-found'});
  expect(await readdir(directory)).toEqual([]);
  const {store} = await openDefaultStore(settings, {});
  await store.close();
  await (await openExistingStore(settings, {})).close();
});

it('takes its keys from the environment that it is given', async () => {
  const s3 = {
    kind: 's3',
    endpoint: 'http://127.0.0.1:1',
    bucket: 'b',
    accessKeyIdEnv: 'ONE',
    secretAccessKeyEnv: 'TWO',
  };
  const settings = settingsOf(s3);
  await expect(openExistingStore(settings, {})).rejects.toMatchObject({code: 'secret.not-set', path: 'ONE'});
  await (await openExistingStore(settings, {ONE: 'a', TWO: 'b'})).close();
});
