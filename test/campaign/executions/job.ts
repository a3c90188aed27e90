import {access, mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import type {ExecutionHandle} from '../../../src/client/api.js';
import type {ExecutionResult} from '../../../src/contracts/execution.js';
import {quote} from '../../../src/ssh/quote.js';
import {makeInputs} from '../../e2e/corpus.js';
import type {TestStack} from '../../e2e/stack.js';
import type {JobPlan} from './plan.js';

/** An execution under way. It leaves its marks outside of its workspace, where no move carries them. */
export interface Job {
  readonly plan: JobPlan;
  readonly id: string;
  readonly handle: ExecutionHandle;
  /** Its inputs lie below `in` here. */
  readonly directory: string;
  /** One line each time the command is started. */
  readonly starts: string;
  /** There once the command is through. */
  readonly ends: string;
  /** Undefined while it goes on. */
  readonly settled: () => ExecutionResult | Error | undefined;
  readonly result: Promise<ExecutionResult>;
}

/** Milliseconds between two lines of its output. */
const LINE_MS = 100;

export async function startJob(stack: TestStack, root: string, id: string, plan: JobPlan): Promise<Job> {
  const directory = join(root, id);
  await mkdir(directory, {recursive: true});
  const sizes: Record<string, number> = {};
  for (const [name, size] of Object.entries(plan.files)) sizes[`in/${name}`] = size;
  const inputs = await makeInputs(directory, sizes);
  const [starts, ends] = [join(directory, 'starts'), join(directory, 'ends')];
  const script = [
    `echo started >> ${quote(starts)}`,
    'mkdir out',
    '(cd in && find . -type f -exec sha256sum {} +) > out/sums',
    `i=0; while [ $i -lt ${lineCount(plan)} ]; do i=$((i+1)); echo line $i; sleep ${LINE_MS / 1000}; done`,
    'cp -r in out/copy',
    `echo ended >> ${quote(ends)}`,
  ].join('\n');
  const handle = await stack.client.start({id, target: plan.target, command: ['sh', '-ec', script], inputs});
  const result = handle.result();
  let settled: ExecutionResult | Error | undefined;
  result.then(
    (value) => (settled = value),
    (error: unknown) => (settled = error instanceof Error ? error : new Error(String(error))),
  );
  return {plan, id, handle, directory, starts, ends, result, settled: () => settled};
}

/** Lines that its standard output has, `line 1` and so on. */
export function lineCount({runMs}: JobPlan): number {
  return Math.ceil(runMs / LINE_MS);
}

export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
