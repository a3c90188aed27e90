import {executeChild, workflowInfo} from '@temporalio/workflow';
import type {CatalogAnswer, CatalogQuestion, ExecutionRequest, ExecutionResult} from 'waybill/contracts';

export interface WordCount {
  readonly text: string;
  /** A name from the configuration of Waybill's worker. */
  readonly target?: string;
}

/** What Waybill's workflows are to a caller: a name, an input and a result, all of it JSON. */
type Execution = (request: ExecutionRequest) => Promise<ExecutionResult>;
type Catalog = (question: CatalogQuestion) => Promise<CatalogAnswer>;

/** Counts words on a target, and answers with what the command left there. */
export async function countWords({text, target = 'local'}: WordCount): Promise<string> {
  const executionId = `${workflowInfo().workflowId}-count`;
  const result = await executeChild<Execution>('execution', {
    workflowId: executionId,
    taskQueue: 'waybill',
    args: [
      {
        label: 'count words',
        target,
        command: ['sh', '-c', 'printf %s "$TEXT" | wc -w > words.txt'],
        environment: {TEXT: text},
        required: ['words.txt'],
      },
    ],
  });
  if (result.outcome !== 'succeeded') return `${result.outcome}: ${result.failure?.message ?? 'the command failed'}`;

  const answer = await executeChild<Catalog>('catalog', {
    workflowId: `${executionId}-outputs`,
    taskQueue: 'waybill',
    args: [{ask: 'artifacts', executionId, kind: 'output'}],
  });
  if (answer.ask !== 'artifacts') throw new Error(`asked for artifacts, answered ${answer.ask}`);
  const files = answer.artifacts.map(({name, size, sha256}) => `${name} (${size} bytes, SHA-256 ${sha256 ?? 'none'})`);
  return `${executionId} left ${files.join(', ')}`;
}
