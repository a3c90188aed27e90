import {execFile} from 'node:child_process';
import {readFile} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import {promisify} from 'node:util';
import {z} from 'zod';

const run = promisify(execFile);

/** Names one process for good: a pid alone is given to another one sooner or later. */
export const processIdentity = z.object({
  pid: z.number().int().positive(),
  /** Start time as the kernel tells it: only good for comparing. */
  startedAt: z.string(),
  /** Changes when the machine starts anew. */
  bootId: z.string(),
});
export type ProcessIdentity = z.infer<typeof processIdentity>;

/** The identity of a running process; undefined where there is none, or where it has ended and nobody has asked how. */
export async function identityOf(pid: number): Promise<ProcessIdentity | undefined> {
  const startedAt = process.platform === 'linux' ? await startTimeFromProc(pid) : await startTimeFromPs(pid);
  return startedAt === undefined ? undefined : {pid, startedAt, bootId: await bootId()};
}

export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  const found = await identityOf(identity.pid);
  return found?.startedAt === identity.startedAt && found.bootId === identity.bootId;
}

/** Sends `signal` if the process still is the one that is meant. */
export async function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<void> {
  if (!(await isRunning(identity))) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Signals in turn, each with its time in milliseconds, until the process is gone. True where it is gone. */
export async function endProcess(
  identity: ProcessIdentity,
  steps: readonly {readonly signal: NodeJS.Signals; readonly waitMs: number}[],
): Promise<boolean> {
  for (const {signal, waitMs} of steps) {
    await signalProcess(identity, signal);
    const deadline = Date.now() + waitMs;
    do {
      if (!(await isRunning(identity))) return true;
      await delay(25);
    } while (Date.now() < deadline);
  }
  return !(await isRunning(identity));
}

/** proc_pid_stat(5): the name is in parentheses and may hold any byte, the state follows, the start time is field 22. */
async function startTimeFromProc(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' || fields?.[0] === 'X' ? undefined : fields?.[19];
}

async function startTimeFromPs(pid: number): Promise<string | undefined> {
  const result = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => undefined);
  const line = result?.stdout.trim();
  return line === undefined || line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '');
}

let boot: Promise<string> | undefined;

function bootId(): Promise<string> {
  boot ??=
    process.platform === 'linux'
      ? readFile('/proc/sys/kernel/random/boot_id', 'utf8').then((text) => text.trim())
      : run('sysctl', ['-n', 'kern.bootsessionuuid']).then(({stdout}) => stdout.trim());
  return boot;
}
