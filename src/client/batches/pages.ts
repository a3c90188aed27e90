import type {BatchItem} from '../../contracts/batch.js';
import type {BatchFile} from '../batch-api.js';

/** Items of a page: their executions begin when all of it is sent, so it is small; more pages cost an activity each. */
const MOST_ITEMS = 100;
/** Bytes of files of a page: seconds on most lines. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Bytes of names of a page, written as JSON: half of what a page may have. */
const MOST_NAME_BYTES = 512 * 1024;

export interface FileOfPage {
  readonly item: BatchItem;
  readonly file: BatchFile;
}

/** The same files always give the same pages: another process goes on where one has stopped. */
export function cutPages(files: readonly BatchFile[]): readonly (readonly FileOfPage[])[] {
  const pages: FileOfPage[][] = [];
  let page: FileOfPage[] = [];
  let bytes = 0;
  let nameBytes = 0;
  for (const [index, file] of files.entries()) {
    const item = {index, input: file.input, name: file.name};
    const {size} = file;
    const names = Buffer.byteLength(JSON.stringify(item));
    const full = page.length === MOST_ITEMS || bytes + size > MOST_BYTES || nameBytes + names > MOST_NAME_BYTES;
    if (page.length > 0 && full) {
      pages.push(page);
      [page, bytes, nameBytes] = [[], 0, 0];
    }
    page.push({item, file});
    bytes += size;
    nameBytes += names;
  }
  if (page.length > 0) pages.push(page);
  return pages;
}
