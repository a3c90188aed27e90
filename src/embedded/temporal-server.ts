import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {isServing} from './grpc-health.js';
import {type GuardedProcess, spawnGuarded} from './guarded-process.js';
import {loopback, waitForPort} from './ports.js';
import {ready} from './readiness.js';

export interface TemporalServerOptions {
  readonly executable: string;
  readonly stateDirectory: string;
  readonly port: number;
  readonly uiPort: number;
  readonly namespace: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** The state survives `kill -9` of the server; a power cut may take the last commits (WAL, synchronous NORMAL). */
const pragmas = ['journal_mode=WAL', 'synchronous=NORMAL'];

/**
 * A step of a workflow waits for these queues' next poll, which is limited by default. Four activities in turn, on a
 * busy machine: 237 ms with eager execution alone, 129 ms with the raised limits alone, 108 ms with both.
 */
const dynamicConfig = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'history.visibilityProcessorMaxPollRPS=2000',
  'system.enableActivityEagerExecution=true',
];

const attempts = 3;
/** What a Go program that panics ends with. */
const panicked = 2;

/**
 * Starts the dev server on its file and resolves when it serves. Rejects with `stack.start-failed`.
 *
 * A start that panics is tried again: it was seen once on a loaded machine with both of its ports free, and the next
 * start went through.
 */
export async function startTemporalServer(options: TemporalServerOptions): Promise<GuardedProcess> {
  for (let attempt = 1; ; attempt += 1) {
    const {server, serving} = await launch(options);
    try {
      return await serving;
    } catch (error) {
      const {code} = await server.exited;
      if (code !== panicked || attempt === attempts || options.signal.aborted) throw error;
    }
  }
}

async function launch(options: TemporalServerOptions) {
  const directory = join(options.stateDirectory, 'temporal');
  const log = join(options.stateDirectory, 'logs', 'temporal.log');
  await mkdir(directory, {recursive: true, mode: 0o700});
  const server = await spawnGuarded({
    command: [options.executable, ...temporalArguments(options, join(directory, 'temporal.db'))],
    environment: options.environment,
    directory,
    output: {file: log},
    ending: {polite: 'TERM', forced: 'KILL'},
  });
  const serving = ready(server, {name: 'Temporal', log, timeoutMs: 30_000, signal: options.signal}, async (signal) => {
    await waitForPort(options.port, signal);
    while (!(await isServing(`${loopback}:${options.port}`))) {
      signal.throwIfAborted();
      await delay(20);
    }
  });
  return {server, serving};
}

function temporalArguments({port, uiPort, namespace}: TemporalServerOptions, file: string): readonly string[] {
  return [
    'server',
    'start-dev',
    ...['--ip', loopback, '--port', String(port), '--ui-port', String(uiPort)],
    ...[
      '--db-filename',
      file,
      '--namespace',
      namespace,
      '--log-level',
      'warn',
      '--color',
      'never',
      '--ui-disable-news-fetch',
    ],
    ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...dynamicConfig.flatMap((setting) => ['--dynamic-config-value', setting]),
  ];
}
