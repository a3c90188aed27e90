import {execFile} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {promisify} from 'node:util';
import {installPackages} from './debian.js';

const run = promisify(execFile);

export type LoginShell = 'bash' | 'dash' | 'fish' | 'csh';

const PATHS: Readonly<Record<LoginShell, string>> = {
  bash: '/bin/bash',
  dash: '/bin/dash',
  fish: '/usr/bin/fish',
  csh: '/bin/csh',
};

/** Creates a throw-away user with a home directory and this login shell, another name of root where that is asked for; needs root. */
export async function createUser(shell: LoginShell, {asRoot = false} = {}): Promise<string> {
  const path = PATHS[shell];
  if (!existsSync(path)) await installPackages(shell);
  await removeUsersOfDeadRuns();
  const name = `wb-${shell}-${process.pid}-${randomBytes(4).toString('hex')}`;
  // A `*` as password is no password at all; the default `!` means locked, and sshd without PAM refuses such users.
  const rights = asRoot ? ['--uid', '0', '--non-unique', '--gid', '0'] : [];
  await whileLocked(() => run('useradd', ['--create-home', '--shell', path, '--password', '*', ...rights, name]));
  return name;
}

/** A run that was killed leaves its users behind, and one of them may have the rights of root. */
async function removeUsersOfDeadRuns(): Promise<void> {
  for (const line of (await readFile('/etc/passwd', 'utf8')).split('\n')) {
    const [, name, pid] = /^(wb-[a-z]+-(\d+)-[0-9a-f]{8}):/.exec(line) ?? [];
    // Another run may be about to remove the same user.
    if (name !== undefined && !isAlive(Number(pid))) await removeUser(name).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

export async function removeUser(name: string): Promise<void> {
  await whileLocked(() => run('userdel', ['--force', '--remove', name]));
}

/** Test files that run at the same time meet at the lock of the password file. */
async function whileLocked(action: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await action();
      return;
    } catch (error) {
      const locked = error instanceof Error && /lock|being used|try again/i.test(error.message);
      // userdel reports a mail spool that never existed with status 12 after it has removed the user.
      const removed = error instanceof Error && 'code' in error && error.code === 12;
      if (removed) return;
      if (!locked || tries === 50) throw error;
      await sleep(100);
    }
  }
}
