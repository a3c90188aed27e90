import {chmod, chown} from 'node:fs/promises';
import {dirname} from 'node:path';
import {expect, test} from 'vitest';
import {diskDirectory} from '../contract/media.js';
import {sha256} from '../contract/subject.js';
import {describeUnprivileged, type UnprivilegedPlace} from '../contract/unprivileged.js';
import {openLocalStore} from './store.js';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

async function make(): Promise<UnprivilegedPlace> {
  const medium = await diskDirectory();
  if (isRoot) {
    await chmod(dirname(medium.path), 0o755);
    await chown(medium.path, NOBODY, NOBODY);
    process.seteuid?.(NOBODY);
  }
  const store = openLocalStore({name: 'local', root: medium.path});
  const cleanUp = async (): Promise<void> => {
    if (isRoot) process.seteuid?.(0);
    await store.close();
    await medium.remove();
  };
  return {store, cleanUp};
}

describeUnprivileged('local', make);

test('a group that cannot be synced together is synced file by file', async () => {
  const {store, cleanUp} = await make();
  await store.makeDirectory('partials');
  await store.setAttributes('partials', {mode: 0o300});
  const content = Buffer.from('content');
  const files = Array.from({length: 20}, (_, index) => ({
    ...{destination: `out/${index}`, partial: `partials/${index}`, content, sha256: sha256(content)},
    ifExists: 'replace' as const,
  }));
  expect(await store.putFiles(files)).toMatchObject(files.map(() => ({outcome: 'published'})));
  await cleanUp();
});
