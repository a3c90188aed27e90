import {inspectCatalog} from '../../artifacts/catalog/inspect.js';
import {openCatalog} from '../../artifacts/catalog/catalog.js';
import {requireMarkedStore} from '../../artifacts/store-marker.js';
import type {Environment} from '../../config/directories.js';
import type {Configuration} from '../../config/schema.js';
import type {TargetCheck} from '../../contracts/catalog.js';
import {MAX_CLOCK_DIFFERENCE_MS} from '../../contracts/retention.js';
import {catalogAddress} from '../catalog-address.js';
import {openExistingStore} from '../default-store.js';
import {loadWorkflowBundle} from '../bundle.js';
import {openTargetRegistry} from '../target-registry.js';
import {checkEndpoints} from './check-endpoints.js';
import {checkRules} from './check-rules.js';
import {checkTemporal} from './check-temporal.js';
import {checked, failed} from './checked.js';

const DAY_MS = 86_400_000;
const SPACE_WARNING_BYTES = 1_000_000_000;

const UNCHECKED: TargetCheck = {
  name: 'store and sweep',
  outcome: 'warning',
  detail: 'not checked: the catalog says which store is its own',
  remedy: 'Mend the catalog, and run `waybill doctor` again.',
};

/** Looks at everything that a worker needs and changes nothing. Each failure comes with what mends it. */
export async function* diagnose(configuration: Configuration, environment: Environment): AsyncGenerator<TargetCheck> {
  yield await checked('workflow bundle', async () => {
    await loadWorkflowBundle();
    return 'built for this SDK';
  });
  yield* checkTemporal(configuration, environment);
  yield* checkCatalogAndStore(configuration, environment);
  yield* checkTargets(configuration, environment);
}

async function* checkCatalogAndStore(
  configuration: Configuration,
  environment: Environment,
): AsyncGenerator<TargetCheck> {
  let address: string;
  try {
    address = await catalogAddress(configuration, environment);
    const {missing, time} = await inspectCatalog(address);
    yield {name: 'catalog', outcome: 'ok', detail: `PostgreSQL answers (${configuration.catalog.kind})`};
    yield clockCheck("PostgreSQL's clock", time.getTime());
    if (missing.length > 0) {
      const remedy = 'Run `waybill setup`, or start a worker of this version.';
      yield {name: 'catalog schema', outcome: 'failed', detail: `lacks ${missing.join(', ')}`, remedy};
      yield* checkEndpoints(configuration, environment);
      yield UNCHECKED;
      return;
    }
    yield {name: 'catalog schema', outcome: 'ok', detail: 'that of this version'};
  } catch (error) {
    yield failed('catalog', error);
    yield* checkEndpoints(configuration, environment);
    yield UNCHECKED;
    return;
  }
  const catalog = await openCatalog({connectionString: address, maxConnections: 1});
  try {
    yield* checkEndpoints(configuration, environment);
    yield* checkStore(configuration, environment, catalog.retention);
    yield sweepCheck(await catalog.retention.lastRun(), configuration.retention.everyHours);
  } finally {
    await catalog.close();
  }
}

async function* checkStore(
  configuration: Configuration,
  environment: Environment,
  catalog: Parameters<typeof requireMarkedStore>[1],
): AsyncGenerator<TargetCheck> {
  try {
    const store = await openExistingStore(configuration, environment);
    try {
      yield await checked('store', async () => {
        await requireMarkedStore(store, catalog);
        return 'the one that the catalog describes';
      });
      yield* checkRules(configuration, environment);
      const free = await store.freeSpace('');
      if (free === undefined) return;
      const detail = `${Math.floor(free / 1e9)} GB free`;
      yield free > SPACE_WARNING_BYTES
        ? {name: 'store space', outcome: 'ok', detail}
        : {name: 'store space', outcome: 'warning', detail, remedy: 'Free space there, or keep files for shorter.'};
    } finally {
      await store.close();
    }
  } catch (error) {
    yield failed('store', error);
  }
}

/** Targets that another worker reaches are that worker's: `waybill targets check` asks it. */
async function* checkTargets(configuration: Configuration, environment: Environment): AsyncGenerator<TargetCheck> {
  const registry = openTargetRegistry(configuration, environment);
  try {
    for (const {name} of registry.summaries()) {
      try {
        for (const check of await registry.check(name)) yield {...check, name: `${name}: ${check.name}`};
      } catch (error) {
        yield failed(name, error);
      }
    }
  } finally {
    await registry.close();
  }
}

function clockCheck(name: string, theirs: number): TargetCheck {
  const seconds = Math.round((theirs - Date.now()) / 1000);
  if (Math.abs(seconds) * 1000 <= MAX_CLOCK_DIFFERENCE_MS)
    return {name, outcome: 'ok', detail: 'agrees with this host'};
  return {
    name,
    outcome: 'warning',
    detail: `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} this host`,
    remedy: 'Set both clocks by NTP: nothing expires while those of PostgreSQL and Temporal differ.',
  };
}

function sweepCheck(
  run: {readonly startedAt: string; readonly failure?: string; readonly executions: number} | undefined,
  everyHours: number,
): TargetCheck {
  const name = 'retention sweep';
  const remedy = 'Look at the workflow `retention` in the Temporal UI, and at its schedule.';
  if (run === undefined) return {name, outcome: 'ok', detail: 'none has run yet'};
  if (run.failure !== undefined) return {name, outcome: 'failed', detail: run.failure, remedy};
  const late = Date.now() - Date.parse(run.startedAt) > everyHours * 3_600_000 + DAY_MS;
  const detail = `the last began at ${run.startedAt}, and removed ${run.executions} executions`;
  return late ? {name, outcome: 'warning', detail, remedy} : {name, outcome: 'ok', detail};
}
