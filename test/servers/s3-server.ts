import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {get as plain} from 'node:http';
import {get as encrypted} from 'node:https';
import {homedir, tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Certificate} from './certificate.js';
import {freePort} from './ports.js';

export const credentials = {accessKeyId: 'waybill-test', secretAccessKey: 'waybill-test-secret'};

/** An S3 server of this machine, with a bucket in it. */
export interface S3Server {
  readonly endpoint: string;
  readonly port: number;
  readonly bucket: string;
  readonly credentials: typeof credentials;
  /** Where it keeps what it holds. */
  readonly directory: string;
  /** Kill -9: what it has acknowledged is all that is left. */
  kill(): Promise<void>;
  /** Starts it again on the same port and directory. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface S3ServerOptions {
  /** Where it keeps what it holds. Default: a fresh directory. */
  readonly directory?: string;
  /** Speaks TLS with it. */
  readonly certificate?: Certificate;
  /** Takes `BUCKET.domain` for the bucket. */
  readonly domain?: string;
}

interface Program {
  readonly binary: 'versitygw' | 'minio';
  readonly args: (port: number, directory: string) => readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export async function startS3Server(program: Program, options: S3ServerOptions): Promise<S3Server> {
  const binary = join(homedir(), '.cache', 'waybill', 'bin', program.binary);
  if (!existsSync(binary)) throw new Error(`${binary} is missing: dev/build-servers.ts builds it`);
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'waybill-s3-')));
  const port = await freePort();
  const endpoint = `${options.certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  };
  const start = async (): Promise<void> => {
    const env = {...process.env, ...program.environment};
    const started = spawn(binary, [...program.args(port, directory)], {stdio: 'ignore', env});
    child = started;
    for (let tries = 0; ; tries += 1) {
      if (await answers(endpoint, options.certificate)) return;
      if (started.exitCode !== null || tries === 300) throw new Error(`${program.binary} does not start`);
      await sleep(50);
    }
  };
  await start();
  return {
    ...{endpoint, port, bucket: 'waybill', credentials, directory, kill, start},
    close: async () => {
      await kill();
      await rm(directory, {recursive: true, force: true});
    },
  };
}

function answers(endpoint: string, certificate: Certificate | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const request =
      certificate === undefined
        ? plain(endpoint, {agent: false})
        : encrypted(endpoint, {ca: certificate.certificate, agent: false});
    request.once('error', () => resolve(false));
    request.once('response', (response) => {
      response.resume();
      resolve(response.statusCode !== 503);
    });
  });
}

/** The uploads that were begun and not completed: MinIO lists none by a prefix, and none that were begun before it was killed. */
export async function uploadsOnDisk({directory}: S3Server): Promise<readonly string[]> {
  const names = await readdir(directory, {recursive: true});
  return names.filter((name) => /multipart\/./.test(name)).sort();
}
