import {expect, test} from 'vitest';
import {misspelt, unknownVariables} from './variable-names.js';

test('what only a worker reads is no slip of what a client reads', () => {
  const names = ['TARGETS_BIG_BOX_PORT', 'TEMPORAL_TASK_QUEUE', 'CATALOG_URL', 'STORE_PUBLIC_ENDPOINT'];
  const environment = Object.fromEntries(names.map((name) => [`WAYBILL_${name}`, 'x']));
  expect(misspelt(unknownVariables(environment))).toEqual([]);
});
