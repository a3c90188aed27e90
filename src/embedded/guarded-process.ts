import {spawn} from 'node:child_process';
import {type FileHandle, mkdir, open, rename, stat} from 'node:fs/promises';
import {dirname} from 'node:path';
import {Writable} from 'node:stream';
import {WaybillError} from '../contracts/errors.js';
import {endProcess, identityOf, type ProcessIdentity} from './process-identity.js';

/**
 * The program takes the place of this shell, so that its pid is the child's. The background part keeps the other end
 * of a pipe that this process alone holds: a line dismisses it, the end of the pipe means that this process is gone,
 * whatever killed it. It is forked twice, so that it is no child of the program: PostgreSQL takes the death of
 * a child that it does not know for a crash of its own.
 */
const guard = `
( (
  trap '' HUP INT QUIT TERM
  if read -r dismissed <&3; then exit 0; fi
  kill -"$1" $$
  tenths=0
  while [ "$tenths" -lt 30 ] && kill -0 $$; do sleep 0.1; tenths=$((tenths + 1)); done
  kill -"$2" $$
) </dev/null >/dev/null 2>&1 & )
shift 2
exec "$@" 3<&- </dev/null
`;

export interface GuardedCommand {
  readonly command: readonly [string, ...string[]];
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  readonly user?: {readonly uid: number; readonly gid: number};
  /** Appended to, mode 0600; `inherit` passes this process's own output on. */
  readonly output: {readonly file: string} | 'inherit';
  /** What ends the program politely, and what ends it three seconds later. */
  readonly ending: {readonly polite: 'TERM' | 'INT'; readonly forced: 'KILL' | 'QUIT'};
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GuardedProcess {
  readonly identity: ProcessIdentity;
  readonly exited: Promise<ExitStatus>;
  /** Ends it politely, after `graceMs` by force. */
  stop(graceMs: number): Promise<ExitStatus>;
}

/**
 * Starts a program in a session of its own, so that Ctrl-C in the terminal does not reach it, that ends within four
 * seconds of this process, however that ended.
 */
export async function spawnGuarded(options: GuardedCommand): Promise<GuardedProcess> {
  const {polite, forced} = options.ending;
  const log = options.output === 'inherit' ? undefined : await openLog(options.output.file);
  const output = log === undefined ? 'inherit' : log.fd;
  const child = spawn('/bin/sh', ['-c', guard, 'waybill-guard', polite, forced, ...options.command], {
    cwd: options.directory,
    env: options.environment,
    stdio: ['ignore', output, output, 'pipe'],
    detached: true,
    ...options.user,
  });
  const started = new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const leash = child.stdio[3];
  const exited = new Promise<ExitStatus>((resolve) => {
    child.once('exit', (code, signal) => {
      if (leash instanceof Writable) leash.end('dismissed\n');
      resolve({code, signal});
    });
  });
  // The guard may be gone before it is dismissed, which is no failure.
  leash?.on('error', () => undefined);
  try {
    await started;
  } catch (error) {
    throw new WaybillError('stack.start-failed', `cannot start ${options.command[0]}: ${String(error)}`, {
      cause: error,
    });
  } finally {
    await log?.close();
  }
  const pid = child.pid ?? 0;
  const identity = (await identityOf(pid)) ?? {pid, startedAt: 'ended', bootId: 'ended'};
  return {
    identity,
    exited,
    async stop(graceMs) {
      await endProcess(identity, [
        {signal: `SIG${polite}`, waitMs: graceMs},
        {signal: `SIG${forced}`, waitMs: 3000},
        {signal: 'SIGKILL', waitMs: 3000},
      ]);
      return exited;
    },
  };
}

const maxLogBytes = 16 * 1024 * 1024;

/** One older log is kept beside the one that is written. */
async function openLog(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), {recursive: true, mode: 0o700});
  const size = await stat(path).then(
    (entry) => entry.size,
    () => 0,
  );
  if (size > maxLogBytes) await rename(path, `${path}.1`);
  return open(path, 'a', 0o600);
}
