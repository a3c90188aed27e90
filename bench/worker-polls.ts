import {setTimeout as delay} from 'node:timers/promises';
import {connect} from '../src/client/connect.js';

const PATIENCE_MS = 120_000;

/** Resolves once the worker of a stack that was started takes work: its start is no part of what is measured. */
export async function workerPolls(address: string): Promise<void> {
  const {temporal, connection, namespace, taskQueue} = await connect({address});
  try {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const {pollers} = await temporal.workflowService.describeTaskQueue({namespace, taskQueue: {name: taskQueue}});
      if (pollers.length > 0) return;
      if (Date.now() > until) throw new Error(`no worker polls ${taskQueue} after ${PATIENCE_MS / 1000} s`);
      await delay(100);
    }
  } finally {
    await connection.close();
  }
}
