import {describe, expect, test} from 'vitest';
import {misspelt, unknownVariables} from './variable-names.js';

function refused(names: readonly string[]): readonly string[] {
  return misspelt(unknownVariables(Object.fromEntries(names.map((name) => [name, 'x']))));
}

test.each([
  ['only a worker reads', ['TARGETS_BIG_BOX_PORT', 'TEMPORAL_TASK_QUEUE', 'CATALOG_URL', 'STORE_PUBLIC_ENDPOINT']],
  ['Kubernetes sets for services of such names', ['STORE_PORT', 'STORE_SERVICE_HOST', 'CATALOG_PORT']],
  ['a module of a codec reads', ['TEMPORAL_PAYLOAD_CODEC_KEY', 'TEMPORAL_PAYLOAD_KEY']],
  ['a script keeps', ['EXECUTION', 'EXECUTION_IDS', 'RUN_ID']],
])('what %s is no slip', (_whose, names) => {
  expect(refused(names.map((name) => `WAYBILL_${name}`))).toEqual([]);
});

describe('a slip', () => {
  test.each(['WAYBILL_CODEC', 'WAYBILL_PAYLOAD_CODEC', 'WAYBILL_TEMPORAL_PAYLOD_CODEC'])(
    '%s means the codec',
    (name) => {
      expect(refused([name])).toEqual([
        `environment variable ${name}: unknown (did you mean \`WAYBILL_TEMPORAL_PAYLOAD_CODEC\`?)`,
      ]);
    },
  );

  test('is a name of Temporal with our prefix', () => {
    expect(refused(['WAYBILL_TEMPORAL_ADDRES'])).toHaveLength(1);
  });
});
