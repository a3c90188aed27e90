import {execFile} from 'node:child_process';
import {createWriteStream} from 'node:fs';
import {chmod, mkdir, mkdtemp, rename, rm} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {promisify} from 'node:util';
import {z} from 'zod';
import {timeLimit} from '../abort/time-limit.js';

/** The release that is built from source too. */
export const temporalCliVersion = 'v1.8.2';

const answer = z.object({archiveUrl: z.url(), fileToExtract: z.string()});

export interface DownloadOptions {
  readonly destination: string;
  readonly signal?: AbortSignal | undefined;
  /** Default: the service from which Temporal's SDKs take their test server. */
  readonly service?: string;
}

/** Downloads the Temporal CLI as Temporal's own SDK does. Rejects within five seconds where there is no internet. */
export async function downloadTemporal({destination, signal, service}: DownloadOptions): Promise<string> {
  const url = new URL(`${service ?? 'https://temporal.download'}/cli/${temporalCliVersion}`);
  url.searchParams.set('platform', process.platform);
  url.searchParams.set('arch', process.arch === 'x64' ? 'amd64' : process.arch);
  url.searchParams.set('format', 'tar.gz');
  const {archiveUrl, fileToExtract} = answer.parse(await (await get(url, 5000, signal)).json());
  await mkdir(dirname(destination), {recursive: true});
  const directory = await mkdtemp(join(dirname(destination), '.download-'));
  try {
    const archive = join(directory, 'archive.tar.gz');
    const {body} = await get(new URL(archiveUrl), 300_000, signal);
    if (body === null) throw new Error(`${archiveUrl} answered without content`);
    await pipeline(Readable.fromWeb(body), createWriteStream(archive));
    await promisify(execFile)('tar', ['-xzf', archive, '-C', directory, '--', fileToExtract]);
    await chmod(join(directory, fileToExtract), 0o755);
    await rename(join(directory, fileToExtract), destination);
    return destination;
  } finally {
    await rm(directory, {recursive: true, force: true});
  }
}

async function get(url: URL, timeoutMs: number, signal: AbortSignal | undefined): Promise<Response> {
  // The content has to come within it, too.
  const response = await fetch(url, {signal: timeLimit(timeoutMs, signal).signal});
  if (!response.ok) throw new Error(`${url.origin} answered ${response.status}`);
  return response;
}
