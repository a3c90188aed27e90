import {setTimeout as delay} from 'node:timers/promises';
import type {Client} from '@temporalio/client';
import type {DataConverter} from '@temporalio/common';
import {type ReplayWorkerOptions, Worker} from '@temporalio/worker';
import {loadWorkflowBundle} from '../../src/worker/bundle.js';
import {collectHistories, type RunHistory} from './histories.js';

export interface ReplayOptions {
  /** Workflow ids that the test knows it started: at least one. One that is not found fails the replay. */
  readonly started: readonly string[];
  /** Ids that are still open when the test ends, each with the reason. One that has ended, or is unknown, fails the replay. */
  readonly unfinished?: Readonly<Record<string, string>>;
  /** Limits what is looked for, where tests share a namespace. Default: everything in the namespace. */
  readonly query?: string;
  /** How long the server may take to list what was started. Default 20 seconds. */
  readonly visibleWithinMs?: number;
  /** Default: the bundle in dist/. */
  readonly workflowBundle?: ReplayWorkerOptions['workflowBundle'];
  /** Of histories that went through a codec. */
  readonly dataConverter?: DataConverter;
}

/**
 * Replays every workflow that a test started: what the namespace lists, the ids that the test names, their chains and
 * their children. Throws for every history that the code does not reproduce, and wherever silence would look green.
 * Answers with what was replayed.
 */
export async function replayAll(client: Client, options: ReplayOptions): Promise<readonly RunHistory[]> {
  const {started, unfinished = {}, query, visibleWithinMs = 20_000} = options;
  if (started.length === 0) throw new Error('a replay of nothing proves nothing: name what the test started');
  const listed = await listRuns(client, started, query, visibleWithinMs);
  const histories = await collectHistories(client, listed);
  const complaints = [...openComplaints(histories, unfinished), ...(await replay(histories, options))];
  if (complaints.length > 0) throw new Error(`replay of ${histories.length} histories:\n${complaints.join('\n')}`);
  return histories;
}

/** What is listed lags behind what was started; the ids that the test names say when it has caught up. */
async function listRuns(client: Client, started: readonly string[], query: string | undefined, withinMs: number) {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const runs: {workflowId: string; runId: string}[] = [];
    for await (const {workflowId, runId} of client.workflow.list(query === undefined ? {} : {query})) {
      runs.push({workflowId, runId});
    }
    const missing = started.filter((id) => !runs.some(({workflowId}) => workflowId === id));
    if (missing.length === 0) return runs;
    if (Date.now() > deadline)
      throw new Error(`started by the test, and not known to the server: ${missing.join(', ')}`);
    await delay(200);
  }
}

/** A run that is open may have decided nothing yet: it counts as replayed only where the test says why. */
function openComplaints(histories: readonly RunHistory[], allowed: Readonly<Record<string, string>>): string[] {
  const open = new Set(histories.filter(({finished}) => !finished).map(({workflowId}) => workflowId));
  return [
    ...[...open].filter((id) => allowed[id] === undefined).map((id) => `${id}: did not end, and no reason is given`),
    ...Object.keys(allowed)
      .filter((id) => !open.has(id))
      .map((id) => `${id}: is listed as unfinished, and has ended`),
  ];
}

async function replay(
  histories: readonly RunHistory[],
  {workflowBundle, dataConverter = {}}: Pick<ReplayOptions, 'workflowBundle' | 'dataConverter'>,
): Promise<readonly string[]> {
  const bundle = workflowBundle ?? (await loadWorkflowBundle());
  const complaints: string[] = [];
  let results = 0;
  // A history that was read from JSON would pass through converters that lose events: these are the server's own.
  const sources = histories.map(({workflowId, history}) => ({workflowId, history}));
  for await (const {workflowId, runId, error} of Worker.runReplayHistories(
    {workflowBundle: bundle, dataConverter},
    sources,
  )) {
    results += 1;
    if (error !== undefined) complaints.push(`${workflowId} (${runId}): ${error.message}`);
  }
  if (results !== histories.length) complaints.push(`${results} results for ${histories.length} histories`);
  return complaints;
}
