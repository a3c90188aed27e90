import {mkdir, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {SshPool} from '../../src/ssh/pool.js';
import {openLocalStore} from '../../src/stores/local/store.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import type {Store} from '../../src/stores/store.js';
import type {Sshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';
import {startToxiproxy, type Toxiproxy} from '../servers/toxiproxy.js';

/** One end of the line. */
export interface LineEnd {
  readonly store: Store;
  /** The root of the store, as this machine has it. */
  readonly root: string;
}

/** A local store, one over SSH, and between them a line that tests slow down and cut. */
export interface StoresOverLine {
  readonly line: Toxiproxy;
  readonly pool: SshPool;
  readonly local: LineEnd;
  readonly remote: LineEnd;
  close(): Promise<void>;
}

export async function openStoresOverLine(sshd: Sshd): Promise<StoresOverLine> {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-line-'));
  const [here, there] = [join(directory, 'here'), join(directory, 'there')];
  for (const root of [here, there]) await mkdir(root);
  const line = await startToxiproxy(sshd.port);
  const pool = new SshPool(endpointOf(sshd, {port: line.port, hostKeyAlias: `[127.0.0.1]:${sshd.port}`}));
  const local = {store: openLocalStore({name: 'local', root: here}), root: here};
  const remote = {store: openSshStore({name: 'lab', pool, root: there}), root: there};
  return {
    ...{line, pool, local, remote},
    close: async () => {
      await Promise.all([local.store.close(), remote.store.close()]);
      await pool.close();
      await line.close();
      await rm(directory, {recursive: true, force: true});
    },
  };
}
