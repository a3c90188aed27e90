import type {Environment} from '../../config/directories.js';
import type {Configuration} from '../../config/schema.js';
import type {TargetCheck} from '../../contracts/catalog.js';
import {errorFacts} from '../../contracts/error-codes.js';
import {retentionScheduleId} from '../retention-schedule.js';
import {checked} from './checked.js';
import {missingSearchAttributes} from './search-attributes.js';
import {connectTemporal, type OperatorTemporal} from './temporal.js';

/** A poller asks at least once a minute. */
const POLLED_SECONDS = 70;

export async function* checkTemporal(
  configuration: Configuration,
  environment: Environment,
): AsyncGenerator<TargetCheck> {
  let temporal: OperatorTemporal | undefined;
  yield await checked('Temporal', async () => {
    temporal = await connectTemporal(configuration, environment);
    const {namespace} = temporal;
    await temporal.client.workflowService.describeNamespace({namespace});
    return `answers at ${configuration.temporal.address}, namespace ${namespace}`;
  });
  if (temporal === undefined) return;
  try {
    for (const taskQueue of taskQueues(configuration)) yield await workerCheck(temporal, taskQueue);
    yield await scheduleCheck(temporal, configuration.temporal.taskQueue);
    yield await searchAttributesCheck(temporal);
  } finally {
    await temporal.connection.close();
  }
}

async function workerCheck({client, namespace}: OperatorTemporal, taskQueue: string): Promise<TargetCheck> {
  const name = `worker of ${taskQueue}`;
  const {pollers} = await client.workflowService.describeTaskQueue({namespace, taskQueue: {name: taskQueue}});
  const oldest = Date.now() / 1000 - POLLED_SECONDS;
  const alive = pollers.filter((poller) => Number(poller.lastAccessTime?.seconds) > oldest).length;
  if (alive > 0) return {name, outcome: 'ok', detail: `${alive} poll`};
  return {name, outcome: 'failed', detail: 'nobody polls', remedy: errorFacts['client.no-worker'].remedy};
}

async function scheduleCheck({client}: OperatorTemporal, taskQueue: string): Promise<TargetCheck> {
  const [name, id] = ['retention schedule', retentionScheduleId(taskQueue)];
  try {
    const {state, info} = await client.schedule.getHandle(id).describe();
    const next = info.nextActionTimes[0]?.toISOString() ?? 'never';
    if (!state.paused) return {name, outcome: 'ok', detail: `${id}, next at ${next}`};
    return {
      name,
      outcome: 'warning',
      detail: `${id} is paused: nothing expires`,
      remedy: 'Unpause it in the Temporal UI.',
    };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return {name, outcome: 'failed', detail, remedy: 'Run `waybill setup`: without it nothing expires.'};
  }
}

async function searchAttributesCheck({connection, namespace}: OperatorTemporal): Promise<TargetCheck> {
  const name = 'search attributes';
  const remedy = 'Run `waybill setup`. Where it cannot make them, Waybill works without them.';
  try {
    const missing = await missingSearchAttributes(connection, namespace);
    if (missing.length === 0) return {name, outcome: 'ok', detail: 'all are there'};
    return {name, outcome: 'warning', detail: `missing: ${missing.join(', ')}`, remedy};
  } catch (error) {
    return {name, outcome: 'warning', detail: error instanceof Error ? error.message : String(error), remedy};
  }
}

function taskQueues({targets, stores, temporal}: Configuration): readonly string[] {
  const named = [...Object.values(targets), ...Object.values(stores)].map((place) => place.taskQueue);
  return [...new Set([temporal.taskQueue, ...named.flatMap((name) => name ?? [])])];
}
