import {rootOf} from '../artifacts/ticket.js';
import type {Ticket} from '../contracts/artifacts.js';
import {openLocalStore} from '../stores/local/store.js';
import type {Store} from '../stores/store.js';
import {machineId} from './machine.js';

/** The default store as a client reaches it. Rejects with `config.not-this-host` where it is a path of another machine. */
export function openTicketStore(ticket: Ticket): Store {
  return openLocalStore({name: 'store', root: rootOf(ticket, machineId())});
}
