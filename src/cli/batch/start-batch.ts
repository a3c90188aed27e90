import type {BatchHandle, BatchStart} from '../../client/batch-api.js';
import {MAX_BATCH_PARALLEL} from '../../contracts/batch.js';
import {WaybillError} from '../../contracts/errors.js';
import type {CliContext, ConnectOptions} from '../context.js';
import {EXIT} from '../exit-codes.js';
import {Interrupts} from '../run/interrupts.js';
import {LocalRecords} from '../run/local-record.js';
import {type RunOptions, templateOf} from '../run/start.js';
import {Screen} from '../terminal/screen.js';
import {BatchReporter} from './batch-reporter.js';
import {followBatch} from './follow-batch.js';
import {sendableLater} from './sendable-later.js';

export interface BatchRunOptions extends RunOptions {
  /** Of the files: one execution each. */
  readonly pattern: string;
  readonly parallel?: number;
}

export const FOLLOW_BATCH_QUESTION =
  'Ctrl-C: [d]etach (the batch goes on), [c]ancel it, any other key goes on. Ctrl-C again detaches.';
const SEND_QUESTION =
  'Ctrl-C: files are still being sent. [d]etach (the rest is sent by `waybill wait`), [c]ancel the batch, any other key goes on.';

/** Starts one execution for each file that the pattern matches, and follows the batch to its exit status. */
export async function startBatch(
  context: CliContext,
  connect: ConnectOptions,
  options: BatchRunOptions,
): Promise<number> {
  if (options.parallel !== undefined && options.parallel > MAX_BATCH_PARALLEL) {
    throw new WaybillError('input.invalid', `--parallel ${options.parallel}: ${MAX_BATCH_PARALLEL} is the most`);
  }
  const screen = new Screen(context);
  const reporter = new BatchReporter(screen, options.json);
  const records = new LocalRecords(context.environment);
  const connecting = context.connect(connect);
  connecting.catch(() => undefined);
  const {findBatch} = await import('../../client/inputs/find-batch.js');
  const {command, inputs, pattern, workdir} = options;
  const found = await findBatch(command, pattern, {
    cwd: context.cwd,
    explicit: inputs,
    ...(workdir === undefined ? {} : {workdir}),
  });
  for (const warning of found.warnings) await reporter.warning(warning);
  const client = await connecting;
  const stop = new AbortController();
  try {
    const {newExecutionId} = await import('../../client/execution-id.js');
    const id = newExecutionId(options.label, options.command);
    const {into, remoteOnly} = options;
    await records.write({version: 1, id, into, remoteOnly, inputs: [...found.inputs], files: [...found.files]});
    const interrupts = new Interrupts(context, screen, SEND_QUESTION, () => reporter.pause());
    try {
      let sent = 0;
      const request: BatchStart = {
        ...requestOf({...options, command: found.command}),
        ...{id, files: found.files, inputs: found.inputs, signal: stop.signal},
        onSent: (files) => (sent = files),
      };
      const {batch, sending} = await opened(request, (start) => client.startBatch(start));
      await reporter.started({id, files: found.files.length, target: options.target});
      const allSent = sending.then(
        () => (interrupts.question = FOLLOW_BATCH_QUESTION),
        (error: unknown) => {
          throw sendableLater(error, id);
        },
      );
      if (options.detach) {
        const first = await Promise.race([allSent, interrupts.decision()]);
        if (first === 'cancel') {
          stop.abort();
          if ((await interrupts.unlessDetached(batch.cancel())) === 'detach') {
            await reporter.detached(id);
            return EXIT.detached;
          }
          await reporter.note(`Cancelled ${id}.`);
          return EXIT.cancelled;
        }
        if (first !== 'detach' && !options.json) await screen.result(id);
        await reporter.detached(id);
        return first === 'detach' ? EXIT.detached : EXIT.ok;
      }
      const follow = {batch, reporter, interrupts, records, into, remoteOnly};
      return await followBatch({...follow, sent: () => sent, sending: allSent, stopSending: () => stop.abort()});
    } finally {
      interrupts.close();
    }
  } finally {
    stop.abort();
    await client.close();
  }
}

interface Opened {
  readonly batch: BatchHandle;
  /** Resolves when every file is in the store. */
  readonly sending: Promise<BatchHandle>;
}

/** Resolves when the batch is recorded: what is sent after that is not waited for here. */
async function opened(request: BatchStart, start: (request: BatchStart) => Promise<BatchHandle>): Promise<Opened> {
  let sending: Promise<BatchHandle> | undefined;
  const batch = await new Promise<BatchHandle>((resolve, reject) => {
    sending = start({...request, onOpen: resolve});
    sending.catch(reject);
  });
  if (sending === undefined) throw new Error('nothing was started');
  return {batch, sending};
}

function requestOf(options: BatchRunOptions): Omit<BatchStart, 'files'> {
  return {
    execution: {...templateOf(options), command: [...options.command]},
    ...(options.label === undefined ? {} : {label: options.label}),
    ...(options.correlationId === undefined ? {} : {correlationId: options.correlationId}),
    ...(options.parallel === undefined ? {} : {parallel: options.parallel}),
  };
}
