import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll} from 'vitest';
import {SshPool} from '../../src/ssh/pool.js';
import {describeStoreContract} from '../../src/stores/contract/describe-store-contract.js';
import type {StorePlace} from '../../src/stores/contract/place.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import {endpointOf} from '../servers/sshd-endpoint.js';
import {type Sshd, startSshd} from '../servers/sshd.js';

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.close());

async function placeIn(parent: string): Promise<StorePlace> {
  const disk = await mkdtemp(join(parent, 'waybill-ssh-store-'));
  const pool = new SshPool(endpointOf(sshd));
  const store = openSshStore({name: 'lab', pool, root: disk});
  return {
    store,
    disk,
    cleanUp: async () => {
      await store.close();
      await pool.close();
      await rm(disk, {recursive: true, force: true});
    },
  };
}

describeStoreContract({name: 'ssh', make: () => placeIn(tmpdir())});
