import type {PathTicket} from '../../contracts/artifacts.js';
import {WaybillError} from '../../contracts/errors.js';

/** A ticket for a store whose root the client reaches as a path, on the same machine only. */
export function pathTicket(machineId: string, root: string): PathTicket {
  return {kind: 'path', machineId, root};
}

/** The store's root on this machine. Rejects with `config.not-this-host` on any other. */
export function rootOf(ticket: PathTicket, thisMachineId: string): string {
  if (ticket.machineId === thisMachineId) return ticket.root;
  throw new WaybillError('config.not-this-host', `The store is a directory of another machine, ${ticket.root}.`, {
    path: ticket.root,
    expected: ticket.machineId,
    found: thisMachineId,
    remedy: 'Run this command on the machine of the worker, or give the worker a store that both reach.',
  });
}
