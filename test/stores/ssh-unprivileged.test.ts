import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {SshPool} from '../../src/ssh/pool.js';
import {describeUnprivileged} from '../../src/stores/contract/unprivileged.js';
import {HashShell} from '../../src/stores/ssh/hash-shell.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import {syncEach} from '../../src/stores/ssh/sync-by-shell.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';

describe.each([
  ['ssh', {}],
  ['ssh that cannot sync files over SFTP', {sftp: 'off', config: ['Subsystem sftp internal-sftp -P fsync']}],
  ['ssh without SFTP', {sftp: 'off'}],
] as const)('%s', (name, options) => {
  let sshd: Sshd;
  let stores = 0;
  beforeAll(async () => {
    sshd = await startSshd({shells: ['bash'], ...options});
  });
  afterAll(() => sshd.close());

  describeUnprivileged(name, async () => {
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

  test('says of each file why it is not on the medium', async () => {
    const pool = new SshPool(endpointOf(sshd));
    const shell = new HashShell(pool);
    expect(await shell.syncsGroups()).toBe(true);
    const reasons = await syncEach(shell, [sshd.identityFile, '/not there', '/']);
    expect(reasons).toEqual([undefined, expect.stringContaining('No such file or directory'), undefined]);
    shell.close();
    await pool.close();
  });
});
