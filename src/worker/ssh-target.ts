import {posix} from 'node:path';
import type {SshTargetConfiguration, TransferConfiguration} from '../config/schema.js';
import {WaybillError} from '../contracts/errors.js';
import {KeptPromise} from '../promises/kept-promise.js';
import {SshShell} from '../ssh/exec.js';
import {SshPool} from '../ssh/pool.js';
import type {OnProtocol} from '../stores/ssh/sessions.js';
import {openSshStore, SESSIONS_A_CONNECTION, type SshStoreOptions} from '../stores/ssh/store.js';
import type {Store} from '../stores/store.js';
import {checkSshTarget} from './ssh-target-checks.js';
import {resolveSshTarget} from './ssh-target-endpoint.js';
import type {OpenedTarget, Target} from './targets.js';

interface Connected {
  readonly target: Target;
  readonly pool: SshPool;
}

/** A machine that is reached by SSH as a target. One pool serves its shell and its stores. */
export function openSshTarget(
  name: string,
  settings: SshTargetConfiguration,
  transfer: TransferConfiguration,
  onProtocol: OnProtocol = () => undefined,
): OpenedTarget {
  const {connectionsPerTarget} = transfer;
  const {protocol} = settings;
  const stores = new Map<string, Store>();
  const connecting = new KeptPromise<Connected>();
  let current: SshPool | undefined;

  const connect = async (signal?: AbortSignal): Promise<Connected> => {
    const {endpoint} = await resolveSshTarget(name, settings);
    const pool = new SshPool(endpoint, {maxConnections: connectionsPerTarget});
    const shell = new SshShell(pool);
    try {
      const workspaceRoot = await absoluteRoot(shell, settings.workspaceRoot, signal);
      const store = openSshStore({name, pool, root: workspaceRoot, protocol, onProtocol});
      stores.set(workspaceRoot, store);
      current = pool;
      return {pool, target: {name, settings, store, shell, workspaceRoot}};
    } catch (error) {
      await pool.close();
      throw error;
    }
  };
  const connected = (signal?: AbortSignal): Promise<Connected> => connecting.get(() => connect(signal));

  return {
    address: `${settings.user === undefined ? '' : `${settings.user}@`}${settings.host}${settings.port === undefined ? '' : `:${settings.port}`}`,
    connect: async (signal) => (await connected(signal)).target,
    storeAt: async (root, signal, {connections} = {}) => {
      const {pool} = await connected(signal);
      const key = connections === undefined ? root : `${connections} ${root}`;
      const known = stores.get(key);
      if (known) return known;
      const store = openSshStore({
        ...{name, pool, root, protocol, onProtocol},
        ...sessionsFor(connections, connectionsPerTarget),
      });
      stores.set(key, store);
      return store;
    },
    poolStatus: () => current?.status(),
    check: (signal) => checkSshTarget(name, settings, async () => (await connected(signal)).target, signal),
    close: async () => {
      await Promise.all([...stores.values()].map((store) => store.close()));
      await (await connecting.found())?.pool.close();
    },
  };
}

/** On a short line more sessions than connections would only share them. */
function sessionsFor(asked: number | undefined, most: number): Partial<SshStoreOptions> {
  if (asked === undefined) return {};
  const sessions = Math.min(asked, most);
  return {sessions, longLineSessions: SESSIONS_A_CONNECTION * sessions};
}

/** A relative root starts at the login home, which only the target knows. */
async function absoluteRoot(shell: SshShell, root: string, signal?: AbortSignal): Promise<string> {
  if (root.startsWith('/')) return posix.normalize(root);
  const {status, stdout} = await shell.run('cd && pwd -P', signal ? {signal} : {});
  const home = Buffer.from(stdout).toString().replace(/\n$/, '');
  if (status !== 0 || !home.startsWith('/')) {
    throw new WaybillError('shell.failed', `the target did not say where the login home is (status ${status})`);
  }
  return posix.join(home, root.replace(/^~\//, ''));
}
