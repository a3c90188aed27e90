import {z} from 'zod';
import {batchInput, batchItem, batchOutcome, batchResult} from './batch.js';
import {catalogAnswer, catalogQuestion} from './catalog.js';
import {executionInput, executionResult} from './execution.js';
import {retentionInput, retentionResult} from './retention.js';
import {storeAnswer, storeQuestion} from './store.js';
import {issuedTickets, ticketBatch, ticketSession} from './tickets.js';
import {transferInput, transferResult} from './transfer.js';

const contracts = {
  'execution-input': {schema: executionInput, title: 'Input of the workflow `execution`'},
  'execution-result': {schema: executionResult, title: 'Result of the workflow `execution`'},
  'batch-input': {schema: batchInput, title: 'Input of the workflow `batch`'},
  'batch-item': {schema: batchItem, title: 'A line of a page of items of the workflow `batch`'},
  'batch-outcome': {schema: batchOutcome, title: 'How one item of the workflow `batch` ended'},
  'batch-result': {schema: batchResult, title: 'Result of the workflow `batch`'},
  'transfer-input': {schema: transferInput, title: 'Input of the workflow `transfer`'},
  'transfer-result': {schema: transferResult, title: 'Result of the workflow `transfer`'},
  'catalog-input': {schema: catalogQuestion, title: 'Input of the workflow `catalog`'},
  'catalog-result': {schema: catalogAnswer, title: 'Result of the workflow `catalog`'},
  'store-input': {schema: storeQuestion, title: 'Input of the workflow `store`'},
  'retention-input': {schema: retentionInput, title: 'Input of the workflow `retention`'},
  'retention-result': {schema: retentionResult, title: 'Result of the workflow `retention`'},
  'store-result': {schema: storeAnswer, title: 'Result of the workflow `store`'},
  'tickets-input': {schema: ticketSession, title: 'Input of the workflow `tickets`'},
  'tickets-batch': {schema: ticketBatch, title: 'Argument of the update `issue` of the workflow `tickets`'},
  'tickets-issued': {schema: issuedTickets, title: 'What the answer of the update `issue` seals'},
} as const;

/**
 * The inputs and results of the workflows as JSON Schema, by file name without extension, for callers in any language.
 * Results are described as readers should take them: fields that a later version adds are no error.
 */
export function contractSchemas(): Record<string, object> {
  return Object.fromEntries(
    Object.entries(contracts).map(([name, {schema, title}]) => {
      const {$schema, ...rest} = z.toJSONSchema(schema, {target: 'draft-2020-12', io: 'input'});
      return [name, {$schema, title, ...rest}];
    }),
  );
}
