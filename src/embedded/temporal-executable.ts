import {delimiter, isAbsolute, join} from 'node:path';
import type {Environment} from '../config/directories.js';
import {type BuildEvent, buildGoTool, cachedTool, cachedToolPath, isExecutable} from './go-tools.js';
import {downloadTemporal} from './temporal-download.js';

export type TemporalLocation =
  | {readonly kind: 'address'; readonly address: string}
  | {readonly kind: 'executable'; readonly path: string; readonly from: 'path' | 'cache' | 'download' | 'build'};

export type FindEvent =
  | BuildEvent
  | {readonly event: 'downloading'; readonly program: string}
  | {readonly event: 'download-failed'; readonly program: string; readonly reason: string};

export interface FindOptions {
  readonly environment: Environment;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: FindEvent) => void) | undefined;
  readonly downloadService?: string;
}

/**
 * Where Temporal comes from, in this order: a server at `TEMPORAL_ADDRESS`, `temporal` on the PATH, the cache, the
 * download that Temporal's SDK uses, a build from pinned sources (minutes; the events say so).
 */
export async function findTemporal(options: FindOptions): Promise<TemporalLocation> {
  const {environment, signal, onEvent} = options;
  const address = environment['TEMPORAL_ADDRESS'];
  if (address !== undefined && address !== '') return {kind: 'address', address};

  const onPath = await findOnPath('temporal', environment);
  if (onPath !== undefined) return {kind: 'executable', path: onPath, from: 'path'};

  const cached = await cachedTool('temporal', environment);
  if (cached !== undefined) return {kind: 'executable', path: cached, from: 'cache'};

  const destination = cachedToolPath('temporal', environment);
  onEvent?.({event: 'downloading', program: 'temporal'});
  try {
    const service = options.downloadService === undefined ? {} : {service: options.downloadService};
    return {kind: 'executable', path: await downloadTemporal({destination, signal, ...service}), from: 'download'};
  } catch (error) {
    signal?.throwIfAborted();
    onEvent?.({event: 'download-failed', program: 'temporal', reason: reasonOf(error)});
  }
  return {kind: 'executable', path: await buildGoTool('temporal', {environment, signal, onEvent}), from: 'build'};
}

/** `fetch` says only that it failed, and keeps why in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

async function findOnPath(program: string, environment: Environment): Promise<string | undefined> {
  for (const directory of (environment['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, program);
    if (isAbsolute(directory) && (await isExecutable(path))) return path;
  }
  return undefined;
}
