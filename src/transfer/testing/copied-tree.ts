import {mkdir, readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {copy, type CopyOptions} from '../copy/copy.js';
import type {CopyResult} from '../copy/result.js';
import {PARTIALS, TwoStores} from './two-stores.js';

/** Two stores, the first with `tree`: a file on each of three levels, a hidden one, and an empty directory. */
export async function twoStoresWithTree(): Promise<TwoStores> {
  const stores = await TwoStores.create();
  await stores.put('tree/a.txt', 'a');
  await stores.put('tree/sub/b.log', 'bb');
  await stores.put('tree/sub/deep/c.txt', 'ccc');
  await stores.put('tree/.hidden', 'h');
  await mkdir(join(stores.source, 'tree/empty'));
  return stores;
}

export function copyAcross(
  stores: TwoStores,
  source: string | readonly string[],
  to: string,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const sources = (typeof source === 'string' ? [source] : source).map((path) => ({store: stores.from, path}));
  return copy(sources, {store: stores.to, path: to}, options);
}

/** Ends a copy with the error `enough` when it has sent more than so many bytes. */
export function endedAfter(sentBytes: number): Pick<CopyOptions, 'signal' | 'onEvent'> {
  const stop = new AbortController();
  return {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.event === 'progress' && event.progress.sentBytes > sentBytes) stop.abort(new Error('enough'));
    },
  };
}

/** Everything below a directory of this machine but unfinished files, sorted. */
export async function namesBelow(directory: string): Promise<readonly string[]> {
  return (await readdir(directory, {recursive: true})).filter((name) => name !== PARTIALS).sort();
}
