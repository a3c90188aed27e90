import {afterEach, expect, test, vi} from 'vitest';
import {connect} from './connect.js';

afterEach(() => vi.unstubAllEnvs());

test('a misspelt name of the codec is refused before anything is connected', async () => {
  vi.stubEnv('WAYBILL_TEMPORAL_PAYLOAD_CODECS', './codec.js');
  await expect(connect({address: '127.0.0.1:1'})).rejects.toMatchObject({
    code: 'config.invalid',
    message:
      'environment variable WAYBILL_TEMPORAL_PAYLOAD_CODECS: unknown (did you mean `WAYBILL_TEMPORAL_PAYLOAD_CODEC`?)',
  });
});

test('a value that is given may come from a variable of any name', async () => {
  vi.stubEnv('WAYBILL_TEMPORAL_NAMESPACE', 'x');
  await expect(connect()).rejects.toMatchObject({code: 'config.invalid'});
  await expect(connect({address: '127.0.0.1:1', namespace: 'x'})).rejects.toMatchObject({code: 'client.unreachable'});
});
