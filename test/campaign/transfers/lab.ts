import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {startTestStack, type TestStack} from '../../e2e/stack.js';
import {startWorker} from '../../e2e/worker-process.js';
import {startMinio} from '../../servers/minio.js';
import {credentials, type S3Server} from '../../servers/s3-server.js';
import {startToxiproxy, type Toxiproxy} from '../../servers/toxiproxy.js';
import {startVersity} from '../../servers/versity.js';
import {DiskPlace} from './disk-place.js';
import type {Place} from './place.js';
import type {LineName, PlaceName} from './plan.js';
import {S3Place} from './s3-place.js';

/** A worker with a state directory of its own. */
export interface Machine {
  readonly stateDirectory: string;
  pid(): Promise<number>;
  /** SIGKILL, then `atOnce`; resolves when a successor with the same state directory was started. */
  kill(atOnce: () => Promise<void>): Promise<void>;
}

/** Four places, a line to each that is not the worker's own disk, and two workers that share the work. */
export interface Lab {
  readonly stack: TestStack;
  readonly places: Readonly<Record<PlaceName, Place>>;
  readonly lines: Readonly<Record<LineName, Toxiproxy>>;
  readonly s3: Readonly<Record<'minio' | 'versity', S3Server>>;
  readonly machines: readonly [Machine, Machine];
  /** SIGKILL for the second, of which nothing comes back, then `atOnce`; resolves when another machine has its place. */
  loseSecond(atOnce: (lost: Pick<Machine, 'stateDirectory'>) => Promise<void>): Promise<void>;
  /** On this disk, below which `disk` and `ssh` have their directories. */
  readonly files: string;
  close(started: readonly string[], before?: Date): Promise<void>;
}

export async function openLab(root: string): Promise<Lab> {
  const [minio, versity] = await Promise.all([startMinio(), startVersity()]);
  const [toMinio, toVersity] = await Promise.all([startToxiproxy(minio.port), startToxiproxy(versity.port)]);
  const files = join(root, 'files');
  await mkdir(files);
  const keys = join(root, 'keys');
  const {accessKeyId, secretAccessKey} = credentials;
  await writeFile(keys, `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`);
  let toSsh: Toxiproxy | undefined;
  const store = (name: string, server: S3Server, line: Toxiproxy) =>
    `  ${name}:\n    kind: s3\n    endpoint: http://127.0.0.1:${line.port}\n    bucket: ${server.bucket}\n    credentialsFile: ${keys}\n`;
  const stack = await startTestStack({
    line: async (sshdPort) => {
      toSsh = await startToxiproxy(sshdPort);
      return toSsh.port;
    },
    more: `  disk:\n    kind: local\n    roots: [${files}]\n`,
    roots: [files],
    settings: `stores:\n${store('minio', minio, toMinio)}${store('versity', versity, toVersity)}`,
  });
  if (toSsh === undefined) throw new Error('sshd has no line');
  let lost = 0;
  const startSecond = () => startWorker(stack, `machine-${lost + 2}`);
  let second = await startSecond();
  const killSecond = async (atOnce: () => Promise<void>) => {
    second.kill();
    await second.exited;
    await atOnce();
  };
  const lines = {ssh: toSsh, minio: toMinio, versity: toVersity};
  const s3Places = {minio: new S3Place('minio', minio), versity: new S3Place('versity', versity)};
  return {
    ...{stack, lines, files, s3: {minio, versity}},
    places: {disk: new DiskPlace('disk', files), ssh: new DiskPlace('gpu', files), ...s3Places},
    machines: [
      {stateDirectory: stack.stateDirectory, pid: () => stack.workerPid(), kill: (atOnce) => stack.killWorker(atOnce)},
      {
        get stateDirectory() {
          return second.stateDirectory;
        },
        pid: async () => second.pid,
        kill: async (atOnce) => {
          await killSecond(atOnce);
          second = await startSecond();
        },
      },
    ],
    loseSecond: async (atOnce) => {
      await killSecond(() => atOnce(second));
      lost += 1;
      second = await startSecond();
    },
    close: async (started, before) => {
      try {
        await second.stop();
        await stack.close(started, before);
      } finally {
        for (const place of Object.values(s3Places)) place.close();
        await Promise.all([...Object.values(lines), minio, versity].map((each) => each.close()));
      }
    },
  };
}
