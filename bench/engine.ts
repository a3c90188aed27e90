import {readFile} from 'node:fs/promises';
import {z} from 'zod';
import {SshPool} from '../src/ssh/pool.js';
import {openLocalStore} from '../src/stores/local/store.js';
import {openS3Store} from '../src/stores/s3/store.js';
import {openSshStore} from '../src/stores/ssh/store.js';
import type {Store} from '../src/stores/store.js';
import {moveSegment} from '../src/transfer/move-segment.js';
import type {PlannedFile} from '../src/transfer/planned-file.js';
import {planTree} from '../src/transfer/plan-tree.js';
import {type Lab, run, settle} from './lab.js';

/** The side that is not this machine. */
const remotePlace = z.discriminatedUnion('kind', [
  z.object({
    ...{kind: z.literal('ssh'), root: z.string(), host: z.string(), port: z.number(), user: z.string()},
    ...{identity: z.string(), knownHosts: z.string()},
  }),
  z.object({
    ...{kind: z.literal('s3'), endpoint: z.string(), bucket: z.string()},
    credentials: z.object({accessKeyId: z.string(), secretAccessKey: z.string()}),
  }),
]);
export type RemotePlace = z.infer<typeof remotePlace>;

const engineRequest = z.object({
  direction: z.enum(['stage', 'collect']),
  verify: z.enum(['hash', 'size']),
  /** Directories below the side it is on. */
  from: z.string(),
  to: z.string(),
  /** How often the same is moved before, to other names: a worker that runs for days has compiled what it does. Default 0. */
  before: z.number().default(0),
  local: z.string(),
  remote: remotePlace,
});
type EngineRequest = z.input<typeof engineRequest>;

const engineResult = z.object({
  /** From the first listing to the last file in its place, connecting included where nothing was moved `before`. */
  milliseconds: z.number(),
  /** Highest resident memory of the process that moved, in KiB. */
  peakKiB: z.number(),
  /** Processor time of all threads of this process, in milliseconds: steadier than the clock on a busy machine. */
  cpuMilliseconds: z.number(),
  files: z.number(),
  bytes: z.number(),
});
export type EngineResult = z.infer<typeof engineResult>;

export const ENGINE_FLAG = '--engine';

export type EngineMove = Pick<EngineRequest, 'direction' | 'verify' | 'from' | 'to' | 'before'>;

/** Moves a directory in a process of its own, so that its memory is the engine's alone. */
export async function moveApart({local, remote: root, sshd}: Lab, what: EngineMove): Promise<EngineResult> {
  const {host, port, user, identityFile: identity, knownHostsFile: knownHosts} = sshd;
  return await moveBetween(local, {kind: 'ssh', root, host, port, user, identity, knownHosts}, what);
}

/** The same between a directory of this machine and any place. */
export async function moveBetween(local: string, remote: RemotePlace, what: EngineMove): Promise<EngineResult> {
  const [, script = ''] = process.argv;
  const request: EngineRequest = {...what, local, remote};
  const {stdout} = await run([process.execPath, script, ENGINE_FLAG, JSON.stringify(request)]);
  return engineResult.parse(JSON.parse(stdout));
}

/** The other end of `moveApart`. */
export async function moveHere(text: string): Promise<void> {
  const {before, ...request} = engineRequest.parse(JSON.parse(text));
  const local = openLocalStore({name: 'local', root: request.local});
  const {store: remote, close} = opened(request.remote);
  const [from, to] = request.direction === 'stage' ? [local, remote] : [remote, local];
  try {
    for (let count = 0; count < before; count++) {
      await moveOnce({from, to}, {...request, to: `${request.to}-${count}`});
    }
    if (before > 0) await settle();
    console.log(JSON.stringify(await moveOnce({from, to}, request)));
  } finally {
    await Promise.all([local.close(), close()]);
  }
}

async function moveOnce(
  {from, to}: {readonly from: Store; readonly to: Store},
  request: Pick<EngineRequest, 'from' | 'to' | 'verify'>,
): Promise<EngineResult> {
  const start = performance.now();
  const idle = process.cpuUsage();
  const files: PlannedFile[] = [];
  for await (const file of planTree({store: from, root: request.from, attributes: false})) {
    if ('refused' in file) throw new Error(`${file.name}: ${file.refused.message}`);
    files.push(file);
  }
  await to.makeDirectory(request.to);
  await to.makeDirectory('partials');
  const {outcomes, progress} = await moveSegment({
    ...{from, fromRoot: request.from, to, toRoot: request.to, partials: 'partials', owner: request.to},
    ...{files, ifExists: 'keep', verify: request.verify, signal: new AbortController().signal},
  });
  const milliseconds = performance.now() - start;
  const {user, system} = process.cpuUsage(idle);
  const failed = outcomes.find((outcome) => outcome.outcome === 'failed');
  if (failed !== undefined) throw new Error(`not moved: ${JSON.stringify(failed)}`);
  const moved = outcomes.filter((outcome) => outcome.kind === 'file').length;
  const [peakKiB, cpuMilliseconds] = [await peakMemory(process.pid), (user + system) / 1000];
  return {milliseconds, peakKiB, cpuMilliseconds, files: moved, bytes: progress.bytesDone};
}

function opened(place: RemotePlace): {readonly store: Store; readonly close: () => Promise<void>} {
  if (place.kind === 's3') {
    const store = openS3Store({name: 'remote', ...place});
    return {store, close: () => store.close()};
  }
  const {root, host, port, user, identity, knownHosts} = place;
  const pool = new SshPool({
    ...{name: 'bench', host, port, user},
    identities: [{path: identity}],
    identitiesOnly: true,
    knownHostsFiles: [knownHosts],
    ...{connectTimeoutMs: 20_000, keepAliveMs: 5_000, deadAfterMs: 15_000},
  });
  const store = openSshStore({name: 'remote', pool, root});
  return {
    store,
    close: async () => {
      await store.close();
      await pool.close();
    },
  };
}

/** In KiB, from /proc: Linux only. */
export async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (peak === undefined) throw new Error('/proc does not tell the peak of resident memory');
  return Number(peak);
}
