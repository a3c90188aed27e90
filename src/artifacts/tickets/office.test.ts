import {expect, test} from 'vitest';
import {openTicketOffice} from './office.js';
import {purposeOf} from './purpose.js';
import {newRecipient} from './seal.js';

const MANY = 200;

test('issues one ticket within 50 ms, and many at 5 ms each', async () => {
  const office = openTicketOffice({
    ...{endpoint: 'http://127.0.0.1:9000', bucket: 'waybill', prefix: '', region: 'us-east-1', validForSeconds: 3600},
    ...{maxFileBytes: 1024, credentials: async () => ({accessKeyId: 'id', secretAccessKey: 'secret'})},
    unsignedCopies: async () => true,
  });
  const {publicKey} = await newRecipient(purposeOf('run-1'));
  const session = {version: 1 as const, executionId: 'run-1', publicKey};
  const read = (name: string) => ({
    method: 'GET' as const,
    key: `executions/run-1/outputs/${name}`,
    query: {},
    headers: {},
  });
  const timed = async (count: number): Promise<number> => {
    const begun = performance.now();
    await office.issue(
      session,
      Array.from({length: count}, (_, index) => read(String(index))),
    );
    return performance.now() - begun;
  };
  // The best of twenty: what else the machine does is not what is asked about.
  const bestOf = async (count: number): Promise<number> => {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 20; round += 1) best = Math.min(best, await timed(count));
    return best;
  };
  expect(await bestOf(1)).toBeLessThan(50);
  expect((await bestOf(MANY)) / MANY).toBeLessThan(5);
});
