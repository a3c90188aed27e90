import {
  allHandlersFinished,
  condition,
  defineSignal,
  defineUpdate,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {CLOSE_SIGNAL, ISSUE_UPDATE} from '../src/contracts/names.js';
import {
  type SealedTickets,
  type TicketBatch,
  ticketBatch,
  type TicketSessionRequest,
  ticketSession,
} from '../src/contracts/tickets.js';
import {localTickets, shortActivities} from './activity-options.js';
import {isCancelled, isFinal} from './failures.js';
import {parseInput} from './input.js';

export const issueUpdate = defineUpdate<SealedTickets, [TicketBatch]>(ISSUE_UPDATE);
export const closeSignal = defineSignal(CLOSE_SIGNAL);

/** A session that nobody asked for so long has lost its client, who opens another one where it comes back. */
const IDLE = '2 minutes';

/** Temporal takes 2,000 updates in one run; each is a few hundred bytes and its tickets. */
const MOST_UPDATES = 1000;

/**
 * Issues tickets to one client for the files of one execution, in batches: an update on a running workflow is the
 * shortest way through Temporal to an answer of a worker. Ends when the client says so, when nobody asks any more, and
 * when its history is large; the client begins another one then.
 */
export async function tickets(request: TicketSessionRequest): Promise<void> {
  const session = parseInput(ticketSession, request);
  let updates = 0;
  let closed = false;
  setHandler(closeSignal, () => {
    closed = true;
  });
  setHandler(issueUpdate, async (batch) => {
    updates += 1;
    return await issue({session, requests: parseInput(ticketBatch, batch).requests});
  });
  for (let before = -1; before !== updates; ) {
    before = updates;
    const isFull = () => updates >= MOST_UPDATES || workflowInfo().continueAsNewSuggested;
    if (await condition(() => closed || isFull(), IDLE)) break;
  }
  await condition(allHandlersFinished);
}

/** In the same workflow task, once and briefly; a worker that does not come to it leaves it to an ordinary activity. */
async function issue(request: Parameters<typeof localTickets.issueTickets>[0]): Promise<SealedTickets> {
  try {
    return await localTickets.issueTickets(request);
  } catch (error) {
    if (isFinal(error) || isCancelled(error)) throw error;
    return await shortActivities('Issue tickets').issueTickets(request);
  }
}
