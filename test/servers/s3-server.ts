import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {homedir, tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
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

interface Program {
  readonly binary: 'versitygw' | 'minio';
  readonly args: (port: number, directory: string) => readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export async function startS3Server(program: Program, on?: string): Promise<S3Server> {
  const binary = join(homedir(), '.cache', 'waybill', 'bin', program.binary);
  if (!existsSync(binary)) throw new Error(`${binary} is missing: dev/build-servers.ts builds it`);
  const directory = on ?? (await mkdtemp(join(tmpdir(), 'waybill-s3-')));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  };
  const start = async (): Promise<void> => {
    const env = {...process.env, ...program.environment};
    const started = spawn(binary, [...program.args(port, directory)], {stdio: 'ignore', env});
    child = started;
    for (let tries = 0; ; tries += 1) {
      if (await answers(endpoint)) return;
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

async function answers(endpoint: string): Promise<boolean> {
  try {
    const response = await fetch(endpoint);
    await response.arrayBuffer();
    return response.status !== 503;
  } catch {
    return false;
  }
}
