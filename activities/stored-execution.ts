import type {Catalog} from '../src/artifacts/catalog/catalog.js';
import {recordKey} from '../src/artifacts/keys.js';
import {encodeStoredExecution} from '../src/artifacts/stored-execution.js';
import type {Store} from '../src/stores/store.js';

/** Writes what the catalog knows into the store, from which it can be made again. May be done again. */
export async function writeStoredExecution(
  store: Store,
  catalog: Pick<Catalog, 'storedExecution'>,
  executionId: string,
  signal?: AbortSignal,
): Promise<void> {
  const execution = await catalog.storedExecution(executionId);
  if (!execution) return;
  await store.putObject(recordKey(executionId), encodeStoredExecution(execution), signal ? {signal} : {});
}
