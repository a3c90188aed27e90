import {type Catalog, openCatalog} from '../../artifacts/catalog/catalog.js';
import {loadConfiguration} from '../../config/load.js';
import type {Configuration} from '../../config/schema.js';
import type {Store} from '../../stores/store.js';
import {markStore} from '../../artifacts/store-marker.js';
import {catalogAddress} from '../../worker/catalog-address.js';
import {openDefaultStore} from '../../worker/default-store.js';
import {compare, type Difference} from '../../worker/operations/compare.js';
import {rebuild, type Rebuilt} from '../../worker/operations/rebuild.js';
import {connectTemporal} from '../../worker/operations/temporal.js';
import type {CliContext} from '../context.js';
import {EXIT} from '../exit-codes.js';
import {plural} from '../run/sentences.js';
import {printable, printableText} from '../terminal/printable.js';
import {Screen} from '../terminal/screen.js';

interface BothSides {
  readonly configuration: Configuration;
  readonly catalog: Catalog;
  readonly store: Store;
  readonly signal: AbortSignal;
}

/** Ends with 1 where the two sides differ. */
export async function checkCatalog(context: CliContext, json: boolean): Promise<number> {
  const screen = new Screen(context);
  let differences = 0;
  await withBothSides(context, async (sides) => {
    for await (const difference of compare(sides)) {
      differences += 1;
      await screen.result(json ? JSON.stringify(difference) : describe(difference));
    }
  });
  if (!json) {
    screen.line(differences === 0 ? 'The catalog and the store agree.' : `${plural(differences, 'difference')}.`);
  }
  return differences === 0 ? EXIT.ok : EXIT.checkFailed;
}

/** Ends with 1 where something could not be read. */
export async function rebuildCatalog(context: CliContext, json: boolean): Promise<number> {
  const screen = new Screen(context);
  const counts = {restored: 0, known: 0, unreadable: 0};
  const tell = async (all: AsyncIterable<Rebuilt>) => {
    for await (const each of all) {
      counts[each.outcome] += 1;
      if (json) await screen.result(JSON.stringify(each));
      else if (each.outcome === 'unreadable') screen.line(`${each.id}: ${printableText(each.reason)}`);
    }
  };
  await withBothSides(context, async ({configuration, catalog, store, signal}) => {
    const adopt = () => markStore(store, catalog.retention, {signal, adopt: true});
    // A catalog that is new takes the store when it knows what is in it: until then no sweep does.
    if ((await catalog.retention.storeId()) !== undefined) await adopt();
    const temporal = await connectTemporal(configuration, context.environment);
    try {
      await tell(rebuild(temporal, {store, catalog, signal, retentionDays: configuration.retention.days}));
      await adopt();
    } finally {
      await temporal.connection.close();
    }
  });
  const {restored, known, unreadable} = counts;
  if (!json) screen.line(`${plural(restored, 'run')} restored, ${known} were known, ${unreadable} cannot be read.`);
  return unreadable === 0 ? EXIT.ok : EXIT.checkFailed;
}

async function withBothSides(context: CliContext, work: (sides: BothSides) => Promise<void>): Promise<void> {
  const {environment, cwd} = context;
  const {configuration} = await loadConfiguration({directory: cwd, environment});
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  context.signals.on('SIGINT', onSignal);
  const catalog = await openCatalog({connectionString: await catalogAddress(configuration, environment)});
  try {
    const {store} = await openDefaultStore(configuration, environment);
    try {
      await work({configuration, catalog, store, signal: stop.signal});
    } finally {
      await store.close();
    }
  } finally {
    context.signals.off('SIGINT', onSignal);
    await catalog.close();
  }
}

function describe(difference: Difference): string {
  const {executionId, key} = difference;
  switch (difference.difference) {
    case 'no-object':
      return `no file    ${executionId}  ${printable(difference.name)}  (${printable(key)})`;
    case 'no-record':
      return `no record  ${executionId}  ${printable(key)}`;
    case 'size':
      return `other size ${executionId}  ${printable(key)}: ${difference.found} bytes and not ${difference.expected}`;
  }
}
