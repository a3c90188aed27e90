import {openCatalog} from '../../artifacts/catalog/catalog.js';
import {inspectCatalog} from '../../artifacts/catalog/inspect.js';
import {markerOf, markStore} from '../../artifacts/store-marker.js';
import type {Environment} from '../../config/directories.js';
import type {Configuration} from '../../config/schema.js';
import {catalogAddress} from '../catalog-address.js';
import {openDefaultStore} from '../default-store.js';
import {ensureRetentionSchedule, retentionScheduleId} from '../retention-schedule.js';
import {addSearchAttributes, missingSearchAttributes} from './search-attributes.js';
import {setUpBucket, setUpRules} from './setup-bucket.js';
import {connectTemporal, type OperatorTemporal} from './temporal.js';

/** `left-out`: it cannot be made here, and Waybill works without it. */
export interface SetupStep {
  readonly name: string;
  readonly outcome: 'changed' | 'unchanged' | 'left-out';
  readonly detail: string;
}

/** Makes what Waybill needs where it is missing. A second run changes nothing. Rejects where one it cannot do without fails. */
export async function* setUp(configuration: Configuration, environment: Environment): AsyncGenerator<SetupStep> {
  const address = await catalogAddress(configuration, environment);
  const {missing} = await inspectCatalog(address);
  const catalog = await openCatalog({connectionString: address, maxConnections: 1});
  try {
    yield missing.length === 0
      ? {name: 'catalog', outcome: 'unchanged', detail: 'its schema is that of this version'}
      : {name: 'catalog', outcome: 'changed', detail: `applied ${missing.join(', ')}`};
    yield* setUpBucket(configuration, environment);
    const {store} = await openDefaultStore(configuration, environment);
    try {
      const before = await markerOf(store);
      await markStore(store, catalog.retention);
      const marked = await markerOf(store);
      yield {name: 'store', outcome: marked === before ? 'unchanged' : 'changed', detail: `store ${marked ?? '-'}`};
    } finally {
      await store.close();
    }
    yield* setUpRules(configuration, environment);
  } finally {
    await catalog.close();
  }
  const temporal = await connectTemporal(configuration, environment);
  try {
    yield await scheduleStep(temporal, configuration);
    yield await searchAttributesStep(temporal);
  } finally {
    await temporal.connection.close();
  }
}

async function scheduleStep({client}: OperatorTemporal, configuration: Configuration): Promise<SetupStep> {
  const outcome = await ensureRetentionSchedule(client, configuration);
  const {taskQueue} = configuration.temporal;
  return {
    name: 'retention schedule',
    outcome: outcome === 'unchanged' ? outcome : 'changed',
    detail: `${retentionScheduleId(taskQueue)}, every ${configuration.retention.everyHours} h: ${outcome}`,
  };
}

async function searchAttributesStep({connection, namespace}: OperatorTemporal): Promise<SetupStep> {
  const name = 'search attributes';
  try {
    const missing = await missingSearchAttributes(connection, namespace);
    if (missing.length === 0) return {name, outcome: 'unchanged', detail: 'all are there'};
    await addSearchAttributes(connection, namespace, missing);
    return {name, outcome: 'changed', detail: `added ${missing.join(', ')}`};
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {name, outcome: 'left-out', detail: `Temporal does not let us make them; runs go without them: ${reason}`};
  }
}
