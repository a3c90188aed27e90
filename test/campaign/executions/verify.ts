import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {journalStageRoot, outputsRoot} from '../../../src/artifacts/keys.js';
import {mergeOutcomes, parseOutcomePage} from '../../../src/transfer/journal-page.js';
import {BLOCK_BYTES} from '../../../src/transfer/blocks.js';
import {digests} from '../../e2e/corpus.js';
import {leftovers, type TestStack} from '../../e2e/stack.js';
import type {Blow} from './blow.js';
import {type Job, lineCount} from './job.js';
import {processesOf} from '../../execution/processes.js';
import {stillRecorded} from '../../e2e/under-way.js';

/** Bytes that were there and were sent again, against what is allowed. */
export interface Resent {
  readonly executionId: string;
  readonly direction: 'stage' | 'collect';
  readonly bytes: number;
  readonly allowed: number;
  /** What had arrived when the worker died: a bound above it could not be broken. */
  readonly held: number;
  readonly provedBytes: number;
}

export interface Verdict {
  readonly complaints: readonly string[];
  readonly resent: readonly Resent[];
}

/** Everything that has to hold of an execution that ended, whatever was done to it. */
export async function verify(stack: TestStack, job: Job, blows: readonly Blow[]): Promise<Verdict> {
  const complaints: string[] = [];
  const check = (holds: boolean, complaint: string) => {
    if (!holds) complaints.push(`${job.id}: ${complaint}`);
  };
  const result = job.settled();
  if (result === undefined || result instanceof Error) {
    return {complaints: [`${job.id}: no result: ${result?.message ?? 'it did not end'}`], resent: []};
  }
  check(result.outcome === 'succeeded', `${result.outcome}: ${JSON.stringify(result.failure)}`);
  const lines = await readFile(job.starts, 'utf8').catch(() => '');
  check(lines === 'started\n' && result.starts === 1, `started ${lines.split('\n').length - 1} times`);

  const sent = await digests(join(job.directory, 'in'));
  const outputs = join(stack.storeRoot, outputsRoot(job.id, 1), 'out');
  const back = await digests(join(outputs, 'copy')).catch(() => ({}));
  check(same(back, sent), 'what came back is not what was sent');
  check(same(await readSums(join(outputs, 'sums')), sent), 'what the command saw is not what was sent');
  const recorded = new Map<string, string | undefined>();
  for await (const {name, sha256} of job.handle.outputs()) recorded.set(name, sha256);
  check(
    Object.entries(sent).every(([name, sha256]) => recorded.get(`out/copy/${name}`) === sha256),
    'the catalog has other digests',
  );
  check((await job.handle.record())?.state === 'succeeded', 'the catalog has another outcome');

  check((await output(job)) === expectedOutput(job), 'its output has gaps or repeats');
  for (const left of await leftovers(stack, job.id)) check(false, `left behind: ${left}`);
  for (const pid of await processesOf(job.id)) check(false, `process ${pid} was left behind`);
  for (const {activity} of await stillRecorded([stack], [job.id]))
    check(false, `a record of ${activity} was left behind`);
  for (const complaint of await terminalEvents(stack, job)) check(false, complaint);

  const resent: Resent[] = [];
  for (const direction of ['stage', 'collect'] as const) {
    const journal = await outcomes(stack, job, direction);
    const files = direction === 'stage' ? Object.keys(sent).length : Object.keys(sent).length + 1;
    check(journal.files === files, `${direction}: ${journal.files} outcomes of ${files} files`);
    check(journal.failed === 0, `${direction}: ${journal.failed} files failed`);
    const measured = measure(blows, job, direction);
    if (!measured) continue;
    resent.push({executionId: job.id, direction, bytes: journal.resentBytes, ...measured, ...journal});
    check(
      journal.resentBytes <= measured.allowed,
      `${direction}: ${journal.resentBytes} bytes sent again, ${measured.allowed} allowed`,
    );
  }
  return {complaints, resent};
}

/**
 * Two seconds of what was measured, and a block; the journal tells what the last attempt sent, hence after the last blow.
 * A blow soon after a restart meets a move that still proves what is there, and whose rate says nothing: the best counts.
 */
function measure(blows: readonly Blow[], job: Job, direction: 'stage' | 'collect') {
  const hits = blows.flatMap(({strike, moving}) =>
    moving.filter((of) => of.executionId === job.id && of.direction === direction).map((of) => ({...of, strike})),
  );
  const last = hits.at(-1);
  if (last?.strike.kind !== 'worker-kill' || last.rate === 0) return undefined;
  const rate = Math.max(...hits.map((of) => of.rate));
  return {allowed: Math.round(2 * rate + BLOCK_BYTES), held: last.held};
}

async function outcomes(stack: TestStack, job: Job, direction: 'stage' | 'collect') {
  const directory = join(stack.storeRoot, journalStageRoot(job.id, 1, direction));
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.startsWith('outcomes-')).sort();
  const merged = mergeOutcomes(
    await Promise.all(names.map(async (name) => parseOutcomePage(await readFile(join(directory, name))))),
  );
  const moved = merged.filter((outcome) => outcome.outcome !== 'failed');
  return {
    files: merged.filter(({kind}) => kind === 'file').length,
    failed: merged.length - moved.length,
    resentBytes: moved.reduce((sum, outcome) => sum + outcome.resentBytes, 0),
    provedBytes: moved.reduce((sum, outcome) => sum + outcome.resumedBytes, 0),
  };
}

async function readSums(path: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  return Object.fromEntries(lines.map((line) => [line.slice(68), line.slice(0, 64)]));
}

function same(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(b);
  return Object.keys(a).length === names.length && names.every((name) => a[name] === b[name]);
}

async function output(job: Job): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const {data} of job.handle.logs({streams: ['stdout']})) chunks.push(data);
  return Buffer.concat(chunks).toString();
}

function expectedOutput({plan}: Job): string {
  return Array.from({length: lineCount(plan)}, (_, index) => `line ${index + 1}\n`).join('');
}

/** One run under the id, and one event that ends it. */
async function terminalEvents(stack: TestStack, job: Job): Promise<readonly string[]> {
  const {events} = await stack.temporal.workflow.getHandle(job.id).fetchHistory();
  const ends = (events ?? []).filter(
    (event) => event.workflowExecutionCompletedEventAttributes ?? event.workflowExecutionFailedEventAttributes,
  );
  const runs: string[] = [];
  for await (const run of stack.temporal.workflow.list({query: `WorkflowId = '${job.id}'`})) runs.push(run.runId);
  return [
    ...(ends.length === 1 ? [] : [`${ends.length} events end it`]),
    ...(runs.length <= 1 ? [] : [`${runs.length} runs have its id`]),
  ];
}
