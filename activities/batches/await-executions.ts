import {setTimeout as delay} from 'node:timers/promises';
import {ApplicationFailure, Context} from '@temporalio/activity';
import {type Client, WorkflowFailedError, WorkflowNotFoundError} from '@temporalio/client';
import type {EndedItem, WaybillActivities} from '../../src/contracts/activities.js';
import {itemId} from '../../src/contracts/batch.js';
import type {StartedItem} from '../../src/contracts/batch-progress.js';
import {executionResult} from '../../src/contracts/execution.js';
import {inParallel} from '../../src/stores/in-parallel.js';
import {runAttempt} from '../attempt.js';
import type {ActivityDeps} from '../deps.js';

/** Milliseconds between two looks: a description of each costs Temporal some milliseconds. */
const INTERVAL_MS = 1_000;
/** Milliseconds after which the workflow asks again, which may have others to ask for by then. */
const LONGEST_MS = 600_000;
/** Questions to Temporal at once. */
const AT_ONCE = 8;

export function awaitExecutions({records}: Pick<ActivityDeps, 'records'>): WaybillActivities['awaitExecutions'] {
  return ({batchId, items}) =>
    runAttempt(
      'ask',
      records,
      async ({signal}) => {
        const {client} = Context.current();
        for (const deadline = Date.now() + LONGEST_MS; Date.now() < deadline; ) {
          const ended: EndedItem[] = [];
          await inParallel(items, AT_ONCE, async (item) => {
            const end = await endOf(client, itemId(batchId, item.index), item);
            if (end) ended.push(end);
          });
          if (ended.length > 0) return ended;
          await delay(INTERVAL_MS, undefined, {signal});
        }
        return [];
      },
      // Temporal itself is all that can fail here, and then nobody hears of it.
      {maxStalled: Number.MAX_SAFE_INTEGER},
    );
}

async function endOf(client: Client, id: string, item: StartedItem): Promise<EndedItem | undefined> {
  const workflow = client.workflow.getHandle(id);
  try {
    const {status} = await workflow.describe();
    if (status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW') return undefined;
    if (status.name === 'CANCELLED') return {item, end: 'cancelled'};
    if (status.name === 'TERMINATED') return {item, end: 'none', message: 'terminated in Temporal'};
    const parsed = executionResult.safeParse(await workflow.result());
    return parsed.success
      ? {item, end: 'result', result: parsed.data}
      : {item, end: 'none', message: 'ended without a result'};
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return {item, end: 'none', message: 'Temporal has forgotten it'};
    if (!(error instanceof WorkflowFailedError)) throw error;
    const {cause} = error;
    const told = cause instanceof ApplicationFailure ? executionResult.safeParse(cause.details?.[0]) : undefined;
    if (told?.success === true) return {item, end: 'result', result: told.data};
    return {item, end: 'none', message: cause?.message ?? error.message};
  }
}
