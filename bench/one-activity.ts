import {join} from 'node:path';
import type {Client} from '@temporalio/client';
import {bundleWorkflowCode, DefaultLogger, type WorkflowBundle} from '@temporalio/worker';
import {inParallel} from '../src/stores/in-parallel.js';
import {scaled} from './scale.js';

const WORKFLOWS = scaled(300);

/** The workflows of the tests of batches: `oneActivity`, whose activity is `nothing`, is one of them. */
export async function fixtureBundle(): Promise<WorkflowBundle> {
  return await bundleWorkflowCode({
    workflowsPath: join(process.cwd(), 'test/workflows/fixtures/batch.ts'),
    logger: new DefaultLogger('ERROR'),
  });
}

export const nothing = async (): Promise<void> => undefined;

/** Workflows of one activity that a server runs in a second, so many of them at once. */
export async function oneActivityRate(
  client: Client,
  taskQueue: string,
  atOnce: number,
  name = 'peer',
): Promise<number> {
  const start = performance.now();
  await inParallel(Array.from({length: WORKFLOWS}).keys(), atOnce, async (index) => {
    await client.workflow.execute('oneActivity', {workflowId: `${name}-${index}`, taskQueue});
  });
  return (WORKFLOWS * 1000) / (performance.now() - start);
}
