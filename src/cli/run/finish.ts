import type {DownloadedFile, ExecutionHandle} from '../../client/api.js';
import {hasCode, WaybillError} from '../../contracts/errors.js';
import type {ExecutionResult} from '../../contracts/execution.js';
import {EXIT, exitCodeOf} from '../exit-codes.js';
import type {LocalRecords} from './local-record.js';
import {follow, type FollowOptions} from './follow.js';
import type {Reporter} from './reporter.js';
import {STORE_ADDRESS} from './sentences.js';

export interface FinishOptions extends FollowOptions {
  /** Absolute directory for the outputs. */
  readonly into: string;
  readonly remoteOnly: boolean;
  readonly records: LocalRecords;
}

/** Follows to the end, fetches the outputs, and answers with the exit status of the command line. */
export async function finish(options: FinishOptions): Promise<number> {
  const {handle, reporter, records} = options;
  const followed = await follow(options).catch((error: unknown) => {
    throw stillThere(error, handle.id);
  });
  if (followed.end === 'detached') {
    await reporter.detached(handle.id);
    return EXIT.detached;
  }
  const {result} = followed;
  const files = await fetchOutputs(options, result);
  if (files === 'detached') {
    await reporter.note(
      `Interrupted: the run has ended, the outputs are kept. Fetch them with: waybill download ${handle.id}`,
    );
    return EXIT.detached;
  }
  await reporter.ended(result);
  if (!files.some((file) => file.outcome === 'failed')) await records.remove(handle.id);
  return exitCodeOf(result, files);
}

async function fetchOutputs(
  {handle, reporter, interrupts, into, remoteOnly}: FinishOptions,
  {collected}: ExecutionResult,
): Promise<readonly DownloadedFile[] | 'detached'> {
  if (collected.files + (collected.directories ?? 0) === 0) return [];
  if (remoteOnly) {
    await reporter.remoteOnly(handle.id);
    return [];
  }
  const stop = new AbortController();
  const download = downloadInto(handle, reporter, into, stop.signal);
  // Aborted below: the caller has stopped to wait for it.
  download.catch(() => undefined);
  const first = await Promise.race([download, interrupts.decision()]).catch((error: unknown) => {
    throw fetchableLater(error, handle.id);
  });
  if (typeof first !== 'string') return first;
  stop.abort();
  return 'detached';
}

export async function downloadInto(
  handle: ExecutionHandle,
  reporter: Reporter,
  into: string,
  signal: AbortSignal,
  more: {readonly patterns?: readonly string[]; readonly overwrite?: boolean} = {},
): Promise<readonly DownloadedFile[]> {
  const files = await handle.download({
    into,
    signal,
    ...more,
    onProgress: (progress) => void (signal.aborted ? undefined : reporter.local('download', progress)),
  });
  reporter.pause();
  await reporter.downloaded(files, into);
  return files;
}

/** A run does not end because nobody could be asked about it. */
function stillThere(error: unknown, id: string): unknown {
  if (!hasCode(error, 'client.unreachable', 'client.no-worker', 'store.unavailable')) return error;
  const isStore = error.code === 'store.unavailable';
  const who = isStore ? 'the store answers' : 'Temporal and a worker answer';
  const remedy = `The run is not lost by that: when ${who} again, \`waybill wait ${id}\` follows it.${isStore ? ` ${STORE_ADDRESS}` : ''}`;
  return new WaybillError(error.code, error.message, {cause: error, remedy});
}

function fetchableLater(error: unknown, id: string): unknown {
  if (!hasCode(error, 'store.unavailable')) return error;
  const remedy = `The run has ended, the outputs are kept: \`waybill download ${id}\` fetches the rest when the store answers again. ${STORE_ADDRESS}`;
  return new WaybillError(error.code, error.message, {cause: error, remedy});
}
