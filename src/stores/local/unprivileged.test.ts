import {chmod, chown} from 'node:fs/promises';
import {dirname} from 'node:path';
import {diskDirectory} from '../contract/media.js';
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
