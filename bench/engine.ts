import {readFile} from 'node:fs/promises';
import {z} from 'zod';
import {SshPool} from '../src/ssh/pool.js';
import {openLocalStore} from '../src/stores/local/store.js';
import {openSshStore} from '../src/stores/ssh/store.js';
import {moveSegment} from '../src/transfer/move-segment.js';
import type {PlannedFile} from '../src/transfer/planned-file.js';
import {planTree} from '../src/transfer/plan-tree.js';
import {type Lab, run} from './lab.js';

const engineRequest = z.object({
  direction: z.enum(['stage', 'collect']),
  verify: z.enum(['hash', 'size']),
  /** Directories below the side it is on. */
  from: z.string(),
  to: z.string(),
  local: z.string(),
  remote: z.string(),
  ssh: z.object({host: z.string(), port: z.number(), user: z.string(), identity: z.string(), knownHosts: z.string()}),
});
type EngineRequest = z.infer<typeof engineRequest>;

const engineResult = z.object({
  /** From the first listing to the last file in its place, connecting included. */
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

/** Moves a directory in a process of its own, so that its memory is the engine's alone. */
export async function moveApart(
  {local, remote, sshd}: Lab,
  what: Pick<EngineRequest, 'direction' | 'verify' | 'from' | 'to'>,
): Promise<EngineResult> {
  const [, script = ''] = process.argv;
  const {host, port, user, identityFile: identity, knownHostsFile: knownHosts} = sshd;
  const request: EngineRequest = {...what, local, remote, ssh: {host, port, user, identity, knownHosts}};
  const {stdout} = await run([process.execPath, script, ENGINE_FLAG, JSON.stringify(request)]);
  return engineResult.parse(JSON.parse(stdout));
}

/** The other end of `moveApart`. */
export async function moveHere(text: string): Promise<void> {
  const request = engineRequest.parse(JSON.parse(text));
  const {ssh} = request;
  const pool = new SshPool({
    ...{name: 'bench', host: ssh.host, port: ssh.port, user: ssh.user},
    identities: [{path: ssh.identity}],
    identitiesOnly: true,
    knownHostsFiles: [ssh.knownHosts],
    ...{connectTimeoutMs: 20_000, keepAliveMs: 5_000, deadAfterMs: 15_000},
  });
  const local = openLocalStore({name: 'local', root: request.local});
  const remote = openSshStore({name: 'remote', pool, root: request.remote});
  const [from, to] = request.direction === 'stage' ? [local, remote] : [remote, local];
  try {
    const start = performance.now();
    const idle = process.cpuUsage();
    const files: PlannedFile[] = [];
    for await (const file of planTree({store: from, root: request.from})) {
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
    const peakKiB = await peakMemory(process.pid);
    const cpuMilliseconds = (user + system) / 1000;
    console.log(JSON.stringify({milliseconds, peakKiB, cpuMilliseconds, files: moved, bytes: progress.bytesDone}));
  } finally {
    await Promise.all([local.close(), remote.close()]);
    await pool.close();
  }
}

/** In KiB, from /proc: Linux only. */
export async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (peak === undefined) throw new Error('/proc does not tell the peak of resident memory');
  return Number(peak);
}
