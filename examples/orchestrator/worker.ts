import {resolve} from 'node:path';
import {NativeConnection, Worker} from '@temporalio/worker';

const connection = await NativeConnection.connect({address: process.env['TEMPORAL_ADDRESS'] ?? 'localhost:7233'});
const worker = await Worker.create({
  connection,
  taskQueue: 'orchestrator',
  workflowsPath: resolve('examples/orchestrator/workflows.ts'),
});
await worker.run();
