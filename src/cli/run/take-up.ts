import type {ExecutionHandle, WaybillClientApi} from '../../client/api.js';
import {WaybillError} from '../../contracts/errors.js';
import {COPY_AGAIN} from '../../contracts/transfer-progress.js';
import type {CliContext, ConnectOptions} from '../context.js';
import {CopyReporter} from '../copy/copy-reporter.js';
import {followCopy} from '../copy/follow-copy.js';
import {Screen} from '../terminal/screen.js';
import {finish} from './finish.js';
import {HumanReporter} from './human-reporter.js';
import {Interrupts} from './interrupts.js';
import {JsonReporter} from './json-reporter.js';
import {LocalRecords} from './local-record.js';
import type {LocalRecord} from './local-record-schema.js';
import type {Reporter} from './reporter.js';
import {FOLLOW_QUESTION, sendableLater} from './start.js';

export interface TakeUpOptions {
  readonly id: string;
  /** Absolute. Default: what `run` was told here, or the current directory. */
  readonly into?: string;
  readonly remoteOnly?: boolean;
  readonly json: boolean;
  /** Done before anything is followed. */
  readonly first?: (handle: ExecutionHandle) => Promise<void>;
}

/** Follows what another process has started, a copy too, and sends what that process could not send any more. */
export async function takeUp(context: CliContext, connect: ConnectOptions, options: TakeUpOptions): Promise<number> {
  const client = await context.connect(connect);
  try {
    const found = await client.find(options.id);
    if (found?.kind === 'batch') return await takeUpOneBatch(context, client, options);
    return await (found?.kind === 'transfer' ? takeUpCopy : takeUpRun)(context, client, options);
  } finally {
    await client.close();
  }
}

async function takeUpOneBatch(context: CliContext, client: WaybillClientApi, options: TakeUpOptions): Promise<number> {
  const {id, first, ...rest} = options;
  if (first) {
    const remedy = `Run again what failed of it: waybill batch ${id} --retry-failed`;
    throw new WaybillError('input.invalid', `${id} is a batch, not a run`, {path: id, remedy});
  }
  const {takeUpBatch} = await import('../batch/take-up-batch.js');
  return await takeUpBatch(context, {
    ...rest,
    batch: client.batch(id),
    records: new LocalRecords(context.environment),
  });
}

async function takeUpCopy(context: CliContext, client: WaybillClientApi, options: TakeUpOptions): Promise<number> {
  const {id, first, json} = options;
  if (first) throw new WaybillError('input.invalid', `${id} is a copy, not a run`, {path: id, remedy: COPY_AGAIN});
  const screen = new Screen(context);
  return await followCopy(context, screen, new CopyReporter(screen, json), client.transfer(id));
}

async function takeUpRun(context: CliContext, client: WaybillClientApi, options: TakeUpOptions): Promise<number> {
  const screen = new Screen(context);
  const reporter = options.json ? new JsonReporter(screen) : new HumanReporter(screen);
  const records = new LocalRecords(context.environment);
  const record = await records.read(options.id);
  const interrupts = new Interrupts(context, screen, FOLLOW_QUESTION, () => reporter.pause());
  const stop = new AbortController();
  try {
    const handle = client.execution(options.id);
    await options.first?.(handle);
    let sending: Promise<void> | undefined;
    let giveUp: (error: unknown) => void = () => undefined;
    const sendingFailed = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    const finishing = finish({
      handle,
      reporter,
      interrupts,
      records,
      into: options.into ?? record?.into ?? context.cwd,
      remoteOnly: options.remoteOnly ?? record?.remoteOnly ?? false,
      onEvent: (event) => {
        if (event.event !== 'stage' || event.stage !== 'upload' || sending || record === undefined) return;
        sending = sendRest(handle, record, reporter, stop.signal).catch(giveUp);
      },
    });
    finishing.catch(() => undefined);
    // The run would wait for the inputs, for a day, without a word.
    return await Promise.race([finishing, sendingFailed]);
  } finally {
    stop.abort();
    interrupts.close();
  }
}

async function sendRest(
  handle: ExecutionHandle,
  {inputs}: LocalRecord,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  if (inputs.length === 0) return;
  await reporter.note(`Sending the inputs that are not sent yet.`);
  try {
    await handle.sendInputs(inputs, {
      signal,
      onProgress: (progress) => void (signal.aborted ? undefined : reporter.local('send', progress)),
    });
  } catch (error) {
    if (!signal.aborted) throw sendableLater(error, handle.id);
  }
}
