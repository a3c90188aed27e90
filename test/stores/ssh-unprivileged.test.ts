import {afterAll, beforeAll} from 'vitest';
import {SshPool} from '../../src/ssh/pool.js';
import {describeUnprivileged} from '../../src/stores/contract/unprivileged.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';

let sshd: Sshd;
let stores = 0;
beforeAll(async () => {
  sshd = await startSshd({shells: ['bash']});
});
afterAll(() => sshd.close());

describeUnprivileged('ssh', async () => {
  const user = sshd.users.get('bash') ?? sshd.user;
  const pool = new SshPool({...endpointOf(sshd), user});
  const home = openSshStore({name: 'home', pool, root: `/home/${user}`});
  const directory = `store-${stores++}`;
  await home.makeDirectory(directory);
  const store = openSshStore({name: 'lab', pool, root: `/home/${user}/${directory}`});
  const cleanUp = async (): Promise<void> => {
    await store.close();
    await home.close();
    await pool.close();
  };
  return {store, cleanUp};
});
