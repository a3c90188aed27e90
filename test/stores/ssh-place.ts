import {SshPool} from '../../src/ssh/pool.js';
import type {Medium} from '../../src/stores/contract/media.js';
import type {StorePlace} from '../../src/stores/contract/place.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import {endpointOf, type SshServer} from '../servers/sshd-endpoint.js';

/** A store at a server of the tests, on a directory that this process sees, too. */
export async function sshPlace(server: SshServer, medium: Promise<Medium>): Promise<StorePlace> {
  const {path: disk, remove} = await medium;
  const pool = new SshPool(endpointOf(server));
  const store = openSshStore({name: 'lab', pool, root: disk});
  const cleanUp = async (): Promise<void> => {
    await store.close();
    await pool.close();
    await remove();
  };
  return {store, disk, cleanUp};
}
