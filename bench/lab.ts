import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {randomBytes} from 'node:crypto';
import {appendFile, mkdir, mkdtemp, open, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {type Sshd, startSshd} from '../test/servers/sshd.js';
import {startToxiproxy} from '../test/servers/toxiproxy.js';

const PIECE_BYTES = 4 * 2 ** 20;
const FILES_IN_A_DIRECTORY = 100;

/** The one that Waybill offers first. */
export const CIPHER = 'aes128-gcm@openssh.com';

/** To the machine of the lab, or from it. */
export const DIRECTIONS = ['stage', 'collect'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** A machine to copy to and from: a real sshd on loopback, and a directory for each side. */
export interface Lab {
  readonly sshd: Sshd;
  readonly local: string;
  readonly remote: string;
  /** For ssh and sftp, without the port, which they write differently. */
  readonly sshOptions: readonly string[];
}

export interface LabOptions {
  /** Milliseconds that each byte takes either way: a proxy in user space holds it back. Default: no proxy. */
  readonly delayMs?: number;
}

export async function withLab<T>(work: (lab: Lab) => Promise<T>, {delayMs}: LabOptions = {}): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-bench-'));
  const server = await startSshd();
  const line = delayMs === undefined ? undefined : await startToxiproxy(server.port);
  try {
    const sshd = line === undefined ? server : await onPort(server, line.port);
    if (delayMs !== undefined) await line?.latency(delayMs);
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
    await line?.close();
    await server.close();
    await rm(directory, {recursive: true, force: true});
  }
}

/** The server as it is reached through another port, where its host key has to be known too. */
async function onPort(server: Sshd, port: number): Promise<Sshd> {
  const hostKey = await readFile(`${server.hostKeyFiles[0] ?? ''}.pub`, 'utf8');
  await appendFile(server.knownHostsFile, `[${server.host}]:${port} ${hostKey}`);
  return {...server, port};
}

/** A file of random bytes, which no side can make smaller; parents are created. */
export async function makeFile(path: string, bytes: number): Promise<void> {
  await mkdir(dirname(path), {recursive: true});
  const file = await open(path, 'w');
  try {
    for (let left = bytes; left > 0; left -= PIECE_BYTES) await file.write(randomBytes(Math.min(left, PIECE_BYTES)));
  } finally {
    await file.close();
  }
}

/** Files of random bytes, in directories of a hundred. */
export async function makeTree(root: string, files: number, bytes: number): Promise<void> {
  for (let index = 0; index < files; index++) {
    const directory = join(root, `d${Math.floor(index / FILES_IN_A_DIRECTORY)}`);
    if (index % FILES_IN_A_DIRECTORY === 0) await mkdir(directory, {recursive: true});
    await writeFile(join(directory, `f${index}`), randomBytes(bytes));
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
