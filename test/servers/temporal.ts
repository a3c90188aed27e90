import {TestWorkflowEnvironment} from '@temporalio/testing';
import {findTemporal} from '../../src/embedded/temporal-executable.js';

/** A Temporal server that nobody else uses. */
export async function startTemporal(): Promise<TestWorkflowEnvironment> {
  const found = await findTemporal({environment: {...process.env, TEMPORAL_ADDRESS: undefined}});
  if (found.kind !== 'executable') throw new Error('no Temporal server to run');
  return await TestWorkflowEnvironment.createLocal({
    server: {executable: {type: 'existing-path', path: found.path}},
  });
}
