import {CancelledFailure, Context} from '@temporalio/activity';
import {logsRoot} from '../src/artifacts/keys.js';
import type {RunEnd, RunRequest, WaybillActivities} from '../src/contracts/activities.js';
import type {RunProgress} from '../src/contracts/checkpoint.js';
import {WaybillError} from '../src/contracts/errors.js';
import {cancelExecution} from '../src/execution/end.js';
import {launch} from '../src/execution/launch.js';
import {copyLog, storeLog} from '../src/execution/log-copier.js';
import type {ExecutionEnd, ExecutionEvent} from '../src/execution/report.js';
import {type Workspace, workspacePaths} from '../src/execution/workspace.js';
import type {Store} from '../src/stores/store.js';
import type {Target} from '../src/worker/targets.js';
import {runAttempt} from './attempt.js';
import type {ActivityDeps} from './deps.js';

const streams = ['stdout', 'stderr'] as const;

/**
 * Starts the command, or finds it started or ended, and stays with it to its end while its output is copied to where
 * clients read it. A cancelled step ends the command and still says how it ended.
 */
export function runCommand({records, store, targets}: ActivityDeps): WaybillActivities['runCommand'] {
  return (request) =>
    runAttempt('run', records, async (attempt) => {
      const {executionId, generation} = request;
      const {cancellationSignal} = Context.current();
      const target = await targets.connect(request.target, attempt.signal);
      const workspace: Workspace = {root: target.workspaceRoot, executionId, generation};
      let run: RunProgress = {state: 'starting', stdoutBytes: 0, stderrBytes: 0};
      const note = (change: Partial<RunProgress>) => {
        run = {...run, ...change};
        // Any output, and the start itself, is progress.
        attempt.note({run, progress: run.stdoutBytes + run.stderrBytes + (run.pid === undefined ? 0 : 1)});
      };
      const follow = (signal?: AbortSignal) =>
        runOnce({request, target, store, workspace, note, ...(signal ? {signal} : {})});
      try {
        return await follow(attempt.signal);
      } catch (error) {
        if (!wasCancelled(cancellationSignal)) throw error;
        note({state: 'draining'});
        await cancelExecution(target.shell, workspace);
        // Finds the end that the cancellation has recorded, and the output up to it.
        return await follow();
      }
    });
}

interface Run {
  readonly request: RunRequest;
  readonly target: Target;
  readonly store: Store;
  readonly workspace: Workspace;
  readonly note: (change: Partial<RunProgress>) => void;
  readonly signal?: AbortSignal;
}

async function runOnce(run: Run): Promise<RunEnd> {
  const {request, target, store, workspace, note, signal} = run;
  const {settings, shell} = target;
  const stop = new AbortController();
  const both = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  // The command does not wait for the directories, nor its end: each is a flush to disk.
  const directories = Promise.all(
    streams.map((stream) =>
      store.makeDirectory(logsRoot(request.executionId, request.generation, stream), {signal: both}),
    ),
  ).catch(() => undefined);
  const launched = launch(shell, workspace, {
    command: request.command,
    environment: {...settings.environment, ...request.environment},
    secrets: secretValues(request.secrets),
    ...(request.timeoutMs === undefined ? {} : {timeoutMs: request.timeoutMs}),
    maxConcurrent: settings.maxConcurrentExecutions,
    outputCapBytes: settings.logCapBytes,
    onEvent: (event) => {
      note(progressOf(event));
      if (event.event === 'running') begin();
    },
    signal: both,
  });
  try {
    // A command that is over at once needs no copying: its output comes with its end.
    const quick = await Promise.race([launched, begun.then(() => quickly(launched))]);
    // Whoever fails to make them says so when it writes into them.
    await directories;
    const copy = {...run, launched, signal: both};
    const end = quick ?? (await copyUntilEnd(copy));
    if (quick) await storeLogs(quick, copy);
    return {
      end: end.end,
      commandNotFound: end.commandNotFound,
      ...(end.startedAt === undefined ? {} : {startedAt: end.startedAt}),
    };
  } finally {
    stop.abort();
    launched.catch(() => undefined);
  }
}

/** Milliseconds that a command gets before its output is followed: most that are short are over by then. */
const QUICK_MS = 50;

async function quickly(launched: Promise<ExecutionEnd>): Promise<ExecutionEnd | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, QUICK_MS, undefined)));
  try {
    return await Promise.race([launched, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A run whose command was launched: its output is copied until `signal` fires. */
interface Launched extends Run {
  readonly launched: Promise<ExecutionEnd>;
  readonly signal: AbortSignal;
}

async function copyUntilEnd(copy: Launched): Promise<ExecutionEnd> {
  const {launched, request, target, store, workspace, note, signal} = copy;
  const paths = workspacePaths(workspace);
  const copies = streams.map((stream) =>
    copyLog({
      source: target.store,
      path: paths[stream],
      destination: store,
      directory: logsRoot(request.executionId, request.generation, stream),
      capBytes: target.settings.logCapBytes,
      ended: launched,
      onProgress: (bytes) => note(stream === 'stdout' ? {stdoutBytes: bytes} : {stderrBytes: bytes}),
      signal,
    }),
  );
  const [end] = await Promise.all([launched, ...copies]);
  return end;
}

/** The output of a command that ended at once came with its end, unless it was large. */
async function storeLogs(end: ExecutionEnd, copy: Launched): Promise<void> {
  const {request, store, target, note, signal} = copy;
  const {output} = end;
  if (!output) {
    await copyUntilEnd(copy);
    return;
  }
  note({stdoutBytes: output.stdout.length, stderrBytes: output.stderr.length});
  await Promise.all(
    streams.map((stream) =>
      storeLog(store, logsRoot(request.executionId, request.generation, stream), output[stream], {
        capBytes: target.settings.logCapBytes,
        signal,
      }),
    ),
  );
}

function progressOf(event: ExecutionEvent): Partial<RunProgress> {
  if (event.event === 'queued') return {state: 'queued', place: event.place};
  return {state: 'running', pid: event.pid};
}

/** Values from the worker's own environment: they never enter Temporal (P8). */
function secretValues(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const value = process.env[name];
      if (value === undefined)
        throw new WaybillError('secret.not-set', `the worker has no environment variable ${name}`, {path: name});
      return [name, value];
    }),
  );
}

function wasCancelled(signal: AbortSignal): boolean {
  const reason: unknown = signal.reason;
  return signal.aborted && reason instanceof CancelledFailure && reason.message === 'CANCELLED';
}
