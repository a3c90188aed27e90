import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, it, onTestFinished} from 'vitest';
import {openLocalStore} from '../stores/local/store.js';
import {upload} from './upload.js';

it('sends nothing of inputs whose names no manifest takes', async () => {
  const home = await mkdtemp(join(tmpdir(), 'waybill-upload-'));
  onTestFinished(() => rm(home, {recursive: true}));
  await mkdir(join(home, 'store'));
  const path = join(home, 'a');
  await writeFile(path, 'a');
  const store = openLocalStore({name: 'store', root: join(home, 'store')});
  onTestFinished(() => store.close());
  const twice = [
    {name: 'a', path},
    {name: 'a', path},
  ];
  await expect(upload(store, 'x', twice)).rejects.toMatchObject({code: 'name.collision'});
  expect(await store.stat('executions/x')).toBeUndefined();
});
