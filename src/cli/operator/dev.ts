import {watchConfigurationFile} from '../../config/changed-file.js';
import {loadConfiguration} from '../../config/load.js';
import {type Stack, type StackEvent, startStack} from '../../embedded/supervisor.js';
import type {CliContext} from '../context.js';
import {EXIT} from '../exit-codes.js';
import {printable, printableText} from '../terminal/printable.js';
import {Screen} from '../terminal/screen.js';

export interface DevOptions {
  readonly temporalPort?: number;
  readonly uiPort?: number;
}

/** Starts the embedded stack and keeps it until a signal; it has ended when this resolves. */
export async function dev(context: CliContext, options: DevOptions): Promise<number> {
  const screen = new Screen(context);
  const {cwd, environment} = context;
  const changedFile = watchConfigurationFile(cwd, environment);
  const {configuration, file} = await loadConfiguration({directory: cwd, environment});
  screen.line(file === undefined ? 'Configuration: defaults (no waybill.yaml)' : `Configuration: ${printable(file)}`);
  const stop = new AbortController();
  const onSignal = () => {
    if (!stop.signal.aborted) screen.line('Ending the stack …');
    stop.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) context.signals.on(signal, onSignal);
  const watching = tellOfChanges(screen, changedFile);
  try {
    const stack = await startStack({
      stateDirectory: configuration.stateDirectory,
      namespace: configuration.temporal.namespace,
      workerCommand: workerCommand(),
      workerDirectory: cwd,
      environment,
      signal: stop.signal,
      onEvent: (event) => {
        const text = describe(event);
        if (text !== undefined) screen.line(text);
      },
      ports: {
        ...(options.temporalPort === undefined ? {} : {temporal: options.temporalPort}),
        ...(options.uiPort === undefined ? {} : {ui: options.uiPort}),
      },
    });
    introduce(screen, stack, configuration.stateDirectory);
    await stack.stopped;
    screen.line('Ended. Its state is kept.');
    return EXIT.ok;
  } catch (error) {
    // What was being started has failed because it was ended.
    if (!stop.signal.aborted) throw error;
    screen.line('Ended before everything was up. Its state is kept.');
    return EXIT.ok;
  } finally {
    clearInterval(watching);
    for (const signal of signals) context.signals.off(signal, onSignal);
  }
}

const LOOK_MS = 2_000;

/** Once for each change: who has just edited the file wonders why nothing happens. */
function tellOfChanges(screen: Screen, changedFile: () => string | undefined): NodeJS.Timeout {
  let told: string | undefined;
  return setInterval(() => {
    const file = changedFile();
    if (file !== undefined && file !== told) {
      screen.line(`${printable(file)} was changed: Ctrl-C and \`waybill dev\` again make the worker read it.`);
    }
    told = file;
  }, LOOK_MS);
}

/** The same program that runs now, with its own arguments for Node. */
function workerCommand(): [string, ...string[]] {
  const [, program = ''] = process.argv;
  return [process.execPath, ...process.execArgv, program, 'worker'];
}

function introduce(screen: Screen, {record}: Stack, stateDirectory: string): void {
  const {temporal, postgres} = record;
  const lines: [string, string | undefined][] = [
    ["Temporal's UI", temporal?.uiAddress],
    ['Temporal', temporal === undefined ? undefined : `${temporal.address}, namespace ${temporal.namespace}`],
    ['PostgreSQL', postgres === undefined ? undefined : `${postgres.host}:${postgres.port}`],
    ['State', printable(stateDirectory)],
  ];
  screen.line('');
  for (const [name, text] of lines) if (text !== undefined) screen.line(`  ${name.padEnd(14)} ${text}`);
  screen.line('');
  screen.line('Ready. In another terminal: waybill run COMMAND. Ctrl-C ends everything.');
}

export function describe(event: StackEvent): string | undefined {
  switch (event.event) {
    case 'started':
      return `${event.service} runs (pid ${event.pid}, ${event.milliseconds} ms)`;
    case 'exited': {
      const {code, signal} = event.status;
      const how = signal === null ? `exited with ${code ?? '?'}` : `was ended by ${signal}`;
      return `${event.service} ${how}: started again in ${event.restartInMs} ms`;
    }
    case 'restart-failed': {
      const reason = event.error instanceof Error ? event.error.message : String(event.error);
      return `${event.service} could not be started: ${printableText(reason)}; next try in ${event.restartInMs} ms`;
    }
    case 'stopped':
      return `${event.service} ended`;
    case 'ended-leftovers':
      return `Ended what an earlier stack had left: ${event.services.join(', ')}`;
    case 'temporal-found':
      return event.location.kind === 'address' ? `Temporal: the one at ${event.location.address}` : undefined;
    case 'downloading':
      return `Downloading ${event.program} …`;
    case 'download-failed':
      return `${event.program} cannot be downloaded: ${printableText(event.reason)}`;
    case 'building':
      return `Building ${event.program} from its sources: about ${event.minutes} minutes, once`;
    case 'waiting-for-build':
      return `Waiting for another process that builds ${event.program}`;
    case 'still-building':
      return `Still building ${event.program} (${event.seconds} s)`;
    case 'built':
      return `Built ${event.program} in ${event.seconds} s: ${printable(event.path)}`;
  }
}
