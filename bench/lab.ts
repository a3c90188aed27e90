import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type Sshd, startSshd} from '../test/servers/sshd.js';

/** The one that Waybill offers first. */
export const CIPHER = 'aes128-gcm@openssh.com';

/** A machine to copy to and from: a real sshd on loopback, and a directory for each side. */
export interface Lab {
  readonly sshd: Sshd;
  readonly local: string;
  readonly remote: string;
  /** For ssh and sftp, without the port, which they write differently. */
  readonly sshOptions: readonly string[];
}

export async function withLab<T>(work: (lab: Lab) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-bench-'));
  const sshd = await startSshd();
  try {
    const lab: Lab = {
      sshd,
      local: join(directory, 'local'),
      remote: join(directory, 'remote'),
      sshOptions: [
        ...['-F', 'none', '-c', CIPHER, '-i', sshd.identityFile],
        ...['-o', `UserKnownHostsFile=${sshd.knownHostsFile}`, '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes'],
      ],
    };
    for (const side of [lab.local, lab.remote]) await mkdir(side);
    return await work(lab);
  } finally {
    await sshd.close();
    await rm(directory, {recursive: true, force: true});
  }
}

export function sshCommand({sshd, sshOptions}: Lab): string[] {
  return ['ssh', ...sshOptions, '-p', String(sshd.port)];
}

export function login({sshd}: Lab): string {
  return `${sshd.user}@${sshd.host}`;
}

export interface RunOptions {
  readonly input?: string;
  readonly directory?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

export interface Ran {
  readonly milliseconds: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; rejects with what it said where it fails. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [program = '', ...args] = command;
  const startedAt = Date.now();
  const start = performance.now();
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: options.directory,
    env: options.environment ?? process.env,
  });
  const said = {stdout: '', stderr: ''};
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  child.stdin.on('error', () => undefined).end(options.input);
  await once(child, 'close');
  const milliseconds = performance.now() - start;
  if (child.exitCode !== 0) throw new Error(`${command.join(' ')} failed: ${said.stderr}${said.stdout}`);
  return {milliseconds, startedAt, endedAt: Date.now(), ...said};
}

/** What one side has not yet written to disk is not to slow down the other. */
export async function settle(): Promise<void> {
  await run(['sync']);
}
