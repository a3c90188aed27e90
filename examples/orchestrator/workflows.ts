import {ApplicationFailure, ChildWorkflowFailure, executeChild, workflowInfo} from '@temporalio/workflow';
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
  const failed = await runExecution(executionId, {
    label: 'count words',
    target,
    command: ['sh', '-c', 'printf %s "$TEXT" | wc -w > words.txt'],
    environment: {TEXT: text},
    required: ['words.txt'],
  });
  if (failed !== undefined) return failed;

  const answer = await executeChild<Catalog>('catalog', {
    workflowId: `${executionId}-outputs`,
    taskQueue: 'waybill',
    args: [{ask: 'artifacts', executionId, kind: 'output'}],
  });
  if (answer.ask !== 'artifacts') throw new Error(`asked for artifacts, answered ${answer.ask}`);
  const files = answer.artifacts.map(({name, size, sha256}) => `${name} (${size} bytes, SHA-256 ${sha256 ?? 'none'})`);
  return `${executionId} left ${files.join(', ')}`;
}

/** Starts an execution as a child. One that did not succeed fails, and says why in the type and message of its failure. */
async function runExecution(executionId: string, request: ExecutionRequest): Promise<string | undefined> {
  try {
    await executeChild<Execution>('execution', {workflowId: executionId, taskQueue: 'waybill', args: [request]});
    return undefined;
  } catch (error) {
    const cause = error instanceof ChildWorkflowFailure ? error.cause : undefined;
    if (cause instanceof ApplicationFailure) return `${cause.type ?? 'failed'}: ${cause.message}`;
    throw error;
  }
}
