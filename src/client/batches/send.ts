import {encodeItems} from '../../artifacts/batch-pages.js';
import {batchItemsKey} from '../../artifacts/keys.js';
import {type BatchItem, itemId} from '../../contracts/batch.js';
import {hasCode} from '../../contracts/errors.js';
import {inParallel} from '../../stores/in-parallel.js';
import type {LocalInput} from '../api.js';
import type {BatchFile, SendOptions} from '../batch-api.js';
import type {InputsPlace} from '../ticket-store.js';
import {upload} from '../upload.js';
import {cutPages, type FileOfPage} from './pages.js';

/** Executions whose inputs are sent at once: small files wait for the disk or the line most of the time. */
const AT_ONCE = 8;

export interface Sending extends SendOptions {
  readonly batchId: string;
  /** Pages that have arrived before. */
  readonly pagesSent: number;
  /** Told when a page and everything that it needs is in the store. */
  readonly announce: (pages: number) => Promise<void>;
}

/**
 * Puts the inputs of each execution into the store, page by page. A file that cannot be read fails its own item and no
 * other; a store that does not answer ends the sending, and the same call takes it up later.
 */
export async function sendFiles(
  to: InputsPlace,
  files: readonly BatchFile[],
  inputs: readonly LocalInput[],
  {batchId, pagesSent, announce, onSent, signal}: Sending,
): Promise<void> {
  let sent = 0;
  for (const [number, page] of cutPages(files).entries()) {
    if (number >= pagesSent) {
      const items = await sendPage(to, page, inputs, batchId, signal);
      const key = batchItemsKey(batchId, 1, number);
      // One that is there was written by a process that was ended before it could say so.
      await to.store.putObject(key, encodeItems(items), {ifAbsent: true, ...(signal ? {signal} : {})});
      await announce(number + 1);
    }
    sent += page.length;
    onSent?.(sent);
  }
}

async function sendPage(
  to: InputsPlace,
  page: readonly FileOfPage[],
  inputs: readonly LocalInput[],
  batchId: string,
  signal: AbortSignal | undefined,
): Promise<readonly BatchItem[]> {
  const items: BatchItem[] = page.map(({item}) => item);
  await inParallel(page.entries(), AT_ONCE, async ([at, {file, item}]) => {
    signal?.throwIfAborted();
    // What --workdir sends may hold the file too.
    const others = inputs.filter(({name}) => name !== file.name);
    try {
      const own = {path: file.path, name: file.name};
      await upload(to, itemId(batchId, item.index), [...others, own], signal ? {signal} : {});
    } catch (error) {
      if (!hasCode(error) || error.retryable || signal?.aborted === true || !isAbout(error.path, file)) throw error;
      items[at] = {...item, failed: {code: error.code, message: error.message.slice(0, 500)}};
    }
  });
  return items;
}

/** The file itself, by whichever name it goes. */
function isAbout(path: string | undefined, file: BatchFile): boolean {
  return path === undefined || path === file.path || path === file.name || `/${path}` === file.path;
}
