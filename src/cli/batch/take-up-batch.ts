import type {BatchHandle, RetriedBatch} from '../../client/batch-api.js';
import type {CliContext} from '../context.js';
import {Interrupts} from '../run/interrupts.js';
import type {LocalRecords} from '../run/local-record.js';
import {Screen} from '../terminal/screen.js';
import {BatchReporter} from './batch-reporter.js';
import {followBatch} from './follow-batch.js';
import {sendableLater} from './sendable-later.js';
import {FOLLOW_BATCH_QUESTION} from './start-batch.js';

export interface TakeUpBatchOptions {
  readonly batch: BatchHandle;
  /** Absolute. Default: what `run` was told here, or `outputs` in the current directory. */
  readonly into?: string;
  readonly remoteOnly?: boolean;
  readonly json: boolean;
  readonly records: LocalRecords;
  /** Set where another round was just begun. */
  readonly retried?: RetriedBatch;
}

/** Follows a batch that another process has started, and sends what that process could not send any more. */
export async function takeUpBatch(context: CliContext, options: TakeUpBatchOptions): Promise<number> {
  const {batch, records, retried} = options;
  const screen = new Screen(context);
  const reporter = new BatchReporter(screen, options.json);
  const record = await records.read(batch.id);
  const interrupts = new Interrupts(context, screen, FOLLOW_BATCH_QUESTION, () => reporter.pause());
  const stop = new AbortController();
  try {
    if (retried)
      await reporter.note(
        `Round ${retried.round}: ${retried.items} that did not succeed run again, on the files as they were sent.`,
      );
    let sent = 0;
    const sending = sendRest(batch, record, (files) => (sent = files), stop.signal);
    return await followBatch({
      ...{batch, reporter, interrupts, records},
      into: options.into ?? record?.into ?? `${context.cwd}/outputs`,
      remoteOnly: options.remoteOnly ?? record?.remoteOnly ?? false,
      ...(sending === undefined ? {} : {sending, sent: () => sent}),
      stopSending: () => stop.abort(),
    });
  } finally {
    stop.abort();
    interrupts.close();
  }
}

function sendRest(
  batch: BatchHandle,
  record: Awaited<ReturnType<LocalRecords['read']>>,
  onSent: (files: number) => void,
  signal: AbortSignal,
): Promise<void> | undefined {
  const files = record?.files;
  if (record === undefined || files === undefined) return undefined;
  return (async () => {
    const state = await batch.state().catch(() => undefined);
    if (state === undefined || state.step === 'ended' || state.pagesSent >= state.pages) return;
    await batch.sendFiles(files, record.inputs, {signal, onSent}).catch((error: unknown) => {
      throw sendableLater(error, batch.id);
    });
  })();
}
