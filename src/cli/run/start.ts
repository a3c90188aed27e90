import type {ExecutionHandle, StartOptions, WaybillClientApi} from '../../client/api.js';
import type {BatchStart} from '../../client/batch-api.js';
import {hasCode, WaybillError} from '../../contracts/errors.js';
import type {KeepFor} from '../../contracts/execution.js';
import type {CliContext, ConnectOptions} from '../context.js';
import {EXIT} from '../exit-codes.js';
import {Screen} from '../terminal/screen.js';
import {finish} from './finish.js';
import {gatherInputs} from './gather-inputs.js';
import {Interrupts} from './interrupts.js';
import {JsonReporter} from './json-reporter.js';
import {HumanReporter} from './human-reporter.js';
import {LocalRecords} from './local-record.js';
import type {Reporter} from './reporter.js';
import {STORE_ADDRESS} from './sentences.js';

export interface RunOptions {
  readonly command: readonly string[];
  readonly target: string;
  /** As they were given: `PATH|GLOB[=NAME]`. */
  readonly inputs: readonly string[];
  /** Absolute. */
  readonly workdir?: string;
  readonly outputs: readonly string[];
  readonly required: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly timeoutMs?: number;
  /** Absolute. */
  readonly into: string;
  readonly remoteOnly: boolean;
  readonly detach: boolean;
  readonly label?: string;
  readonly correlationId?: string;
  readonly onLost: 'fail' | 'rerun';
  readonly keepFor?: KeepFor;
  readonly keepOutputs: readonly {readonly pattern: string; readonly keepFor: KeepFor}[];
  readonly json: boolean;
}

export const FOLLOW_QUESTION =
  'Ctrl-C: [d]etach (the run goes on), [c]ancel it, any other key goes on. Ctrl-C again detaches.';
const SEND_QUESTION =
  'Ctrl-C: inputs are still being sent. [c]ancel the run, any other key goes on. Ctrl-C again stops sending.';

/** Sends what the command needs, starts it, and follows it to its exit status. */
export async function start(context: CliContext, connect: ConnectOptions, options: RunOptions): Promise<number> {
  const screen = new Screen(context);
  const reporter = options.json ? new JsonReporter(screen) : new HumanReporter(screen);
  const records = new LocalRecords(context.environment);
  const connecting = context.connect(connect);
  // Whatever is wrong with the inputs is said first; nobody waits for the connection then.
  connecting.catch(() => undefined);
  const found = await gatherInputs(context, options);
  for (const warning of found.warnings) await reporter.warning(warning);
  const client = await connecting;
  try {
    const {newExecutionId} = await import('../../client/execution-id.js');
    const id = newExecutionId(options.label, options.command);
    await records.write({
      version: 1,
      id,
      into: options.into,
      remoteOnly: options.remoteOnly,
      inputs: [...found.inputs],
    });
    const interrupts = new Interrupts(context, screen, SEND_QUESTION, () => reporter.pause());
    try {
      const sent = await send(interrupts, reporter, client, {
        ...startOptions(options),
        id,
        command: [...found.command],
        inputs: found.inputs,
      });
      if (sent === 'stopped') return await stopped(reporter, id);
      if (sent === 'cancelled') {
        await records.remove(id);
        await reporter.note('Cancelled before the command was started.');
        return EXIT.cancelled;
      }
      interrupts.question = FOLLOW_QUESTION;
      await reporter.started({id, target: options.target, command: found.command, inputs: found.inputs.length});
      if (options.detach) {
        if (!options.json) await screen.result(id);
        await reporter.detached(id);
        return EXIT.ok;
      }
      const {into, remoteOnly} = options;
      return await finish({handle: sent, reporter, interrupts, into, remoteOnly, records});
    } finally {
      interrupts.close();
    }
  } finally {
    await client.close();
  }
}

/** Sending happens in this process: to let go of it is not to detach from a run that goes on by itself. */
async function send(
  interrupts: Interrupts,
  reporter: Reporter,
  client: WaybillClientApi,
  options: StartOptions & {readonly id: string},
): Promise<ExecutionHandle | 'stopped' | 'cancelled'> {
  const stop = new AbortController();
  const starting = client.start({
    ...options,
    signal: stop.signal,
    onUploadProgress: (progress) =>
      void interrupts.clear().then(() => (stop.signal.aborted ? undefined : reporter.local('send', progress))),
  });
  starting.catch(() => undefined);
  try {
    const first = await Promise.race([starting, interrupts.decision()]).catch((error: unknown) => {
      throw sendableLater(error, options.id);
    });
    if (typeof first !== 'string') return first;
    stop.abort();
    if (first === 'detach') return 'stopped';
    const cancelled = await interrupts.unlessDetached(client.execution(options.id).cancel());
    return cancelled === 'detach' ? 'stopped' : 'cancelled';
  } finally {
    interrupts.dismiss();
    reporter.pause();
  }
}

/** The run is open and waits for its inputs: what has arrived is not sent again. */
export function sendableLater(error: unknown, id: string): unknown {
  if (!hasCode(error, 'store.unavailable')) return error;
  const remedy = `The run waits: send the rest and go on with \`waybill wait ${id}\` when the store answers again. ${STORE_ADDRESS}`;
  return new WaybillError(error.code, error.message, {cause: error, remedy});
}

async function stopped(reporter: Reporter, id: string): Promise<number> {
  await reporter.note(`Stopped before every input was sent. Send the rest and go on with: waybill wait ${id}`);
  await reporter.note(`Or end it with: waybill cancel ${id}`);
  return EXIT.detached;
}

function startOptions(options: RunOptions): Omit<StartOptions, 'command'> {
  return {
    ...templateOf(options),
    ...(options.label === undefined ? {} : {label: options.label}),
    ...(options.correlationId === undefined ? {} : {correlationId: options.correlationId}),
  };
}

/** What the executions of a batch have in common, or one has by itself. */
export function templateOf(options: RunOptions): Omit<BatchStart['execution'], 'command'> {
  return {
    target: options.target,
    outputs: [...options.outputs],
    required: [...options.required],
    environment: {...options.environment},
    secrets: [...options.secrets],
    onLost: options.onLost,
    ...(options.keepFor === undefined ? {} : {keepFor: options.keepFor}),
    ...(options.keepOutputs.length === 0 ? {} : {keepOutputs: [...options.keepOutputs]}),
    ...(options.timeoutMs === undefined ? {} : {timeoutMs: options.timeoutMs}),
  };
}
