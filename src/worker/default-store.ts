import {mkdir} from 'node:fs/promises';
import {pathTicket} from '../artifacts/ticket.js';
import {machineId} from '../client/machine.js';
import type {Configuration} from '../config/schema.js';
import type {Ticket} from '../contracts/artifacts.js';
import {WaybillError} from '../contracts/errors.js';
import {openLocalStore} from '../stores/local/store.js';
import type {Store} from '../stores/store.js';

/** Where everything of the executions lies, and how a client gets there. */
interface DefaultStore {
  readonly store: Store;
  readonly ticket: Ticket;
}

/** Rejects with `config.not-this-host` for a directory of another host. */
export async function openDefaultStore({path}: Configuration['store']): Promise<DefaultStore> {
  const store = openLocalStore({name: 'store', root: path});
  await requireOwnStore(store, path);
  return {store, ticket: pathTicket(machineId(), path)};
}

const HOST_KEY = 'host.json';

/** A local store on a shared disk would look right from two hosts, and each would sweep what the other holds. */
async function requireOwnStore(store: Store, path: string): Promise<void> {
  const own = machineId();
  // Inputs, outputs and logs of everybody's runs: this user's alone.
  await mkdir(path, {recursive: true, mode: 0o700});
  await store.putObject(HOST_KEY, Buffer.from(JSON.stringify({version: 1, machineId: own})), {ifAbsent: true});
  const written = Buffer.from((await store.getObject(HOST_KEY, 4096)) ?? new Uint8Array()).toString();
  if (written.includes(`"${own}"`)) return;
  throw new WaybillError('config.not-this-host', `the default store ${path} is a local directory of another host`, {
    path,
  });
}
