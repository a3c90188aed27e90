import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {recordKey} from '../src/artifacts/keys.js';
import {parseStoredExecution, STORED_EXECUTION_BYTES, type StoredExecution} from '../src/artifacts/stored-execution.js';
import {executionInput} from '../src/contracts/execution.js';
import {intercepted} from '../src/stores/decorators/intercepted.js';
import {openLocalStore} from '../src/stores/local/store.js';
import {writeStoredExecution} from './stored-execution.js';

it('the decision to keep is in the store, also where the record of the end is written last', async () => {
  const root = await mkdtemp(join(tmpdir(), 'waybill-record-'));
  const store = openLocalStore({name: 'store', root});
  let known: StoredExecution = {
    ...{waybill: 'execution', version: 1, id: 'one', request: executionInput.parse({command: ['true']})},
    ...{createdAt: '2026-01-01T00:00:00.000Z', runs: [], kept: false, removing: false, expiresAt: null},
  };
  const catalog = {storedExecution: async () => known};
  let asked = (): void => undefined;
  let goOn = (): void => undefined;
  const writes = new Promise<void>((resolve) => (asked = resolve));
  const held = new Promise<void>((resolve) => (goOn = resolve));
  const slow = intercepted(store, async (call, proceed) => {
    if (call.method === 'putObject') {
      asked();
      await held;
    }
    return await proceed();
  });
  const end = writeStoredExecution(slow, catalog, 'one');
  await writes;
  known = {...known, kept: true};
  await writeStoredExecution(store, catalog, 'one');
  goOn();
  await end;
  const content = await store.getObject(recordKey('one'), STORED_EXECUTION_BYTES);
  expect(parseStoredExecution(content ?? new Uint8Array(), '')).toMatchObject({kept: true});
  await store.close();
  await rm(root, {recursive: true});
});
