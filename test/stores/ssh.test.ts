import {afterAll, beforeAll} from 'vitest';
import {SshPool} from '../../src/ssh/pool.js';
import {describeStoreContract} from '../../src/stores/contract/describe-store-contract.js';
import {canMount, diskDirectory, type Medium, readOnlyMedium, smallMedium} from '../../src/stores/contract/media.js';
import type {StorePlace} from '../../src/stores/contract/place.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.close());

async function on(medium: Promise<Medium>): Promise<StorePlace> {
  const {path: disk, remove} = await medium;
  const pool = new SshPool(endpointOf(sshd));
  const store = openSshStore({name: 'lab', pool, root: disk});
  const cleanUp = async (): Promise<void> => {
    await store.close();
    await pool.close();
    await remove();
  };
  return {store, disk, cleanUp};
}

describeStoreContract({
  name: 'ssh',
  make: () => on(diskDirectory()),
  ...(canMount ? {makeSmall: () => on(smallMedium(16)), makeReadOnly: () => on(readOnlyMedium())} : {}),
});
