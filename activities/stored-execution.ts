import type {Catalog} from '../src/artifacts/catalog/catalog.js';
import {recordKey} from '../src/artifacts/keys.js';
import {encodeStoredExecution} from '../src/artifacts/stored-execution.js';
import type {Store} from '../src/stores/store.js';

/**
 * Writes what the catalog knows into the store, from which it can be made again. May be done again, and by several at
 * once: each looks once more after it has written, so that the last to write has written what the catalog says.
 */
export async function writeStoredExecution(
  store: Store,
  catalog: Pick<Catalog, 'storedExecution'>,
  executionId: string,
  signal?: AbortSignal,
): Promise<void> {
  for (let written: Buffer | undefined; ; ) {
    const execution = await catalog.storedExecution(executionId);
    if (!execution) return;
    const record = Buffer.from(encodeStoredExecution(execution));
    if (written?.equals(record)) return;
    await store.putObject(recordKey(executionId), record, signal ? {signal} : {});
    written = record;
  }
}
