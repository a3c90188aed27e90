import type {WaybillActivities} from '../src/contracts/activities.js';
import {WaybillError} from '../src/contracts/errors.js';
import type {ActivityDeps} from './deps.js';

/** Signs what a client asks for its execution, and seals it: nothing that is answered here can be used by a reader. */
export function issueTickets({tickets, issueLog}: ActivityDeps): WaybillActivities['issueTickets'] {
  return async ({session, requests}) => {
    if (tickets !== undefined) {
      const {sealed, issues} = await tickets.issue(session, requests);
      issueLog.add(issues);
      return {sealed};
    }
    throw new WaybillError('store.unsupported', 'the default store is a directory: its ticket is a path', {
      remedy: 'Ask the catalog for the ticket of the execution.',
    });
  };
}
