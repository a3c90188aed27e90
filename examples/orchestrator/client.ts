import {Client, Connection} from '@temporalio/client';
import type {countWords} from './workflows.js';

const [text = 'to be or not to be'] = process.argv.slice(2);
const connection = await Connection.connect({address: process.env['TEMPORAL_ADDRESS'] ?? 'localhost:7233'});
const client = new Client({connection});
const workflowId = `words-${Date.now()}`;
console.log(
  await client.workflow.execute<typeof countWords>('countWords', {
    workflowId,
    taskQueue: 'orchestrator',
    args: [{text}],
  }),
);
await connection.close();
