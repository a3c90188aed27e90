import {execFile, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {installPackages} from './debian.js';
import {freePort} from './ports.js';
import {killTree} from './processes.js';
import {startDaemon} from './ssh-daemon.js';
import {createUser, type LoginShell, removeUser} from './users.js';

const run = promisify(execFile);
const SFTP_SERVER = '/usr/lib/openssh/sftp-server';

export interface SshdOptions {
  /** `internal` by default; `off` leaves the subsystem out. */
  readonly sftp?: 'internal' | 'external' | 'off';
  readonly maxSessions?: number;
  readonly maxStartups?: string;
  /** A user of its own for each of these login shells. */
  readonly shells?: readonly LoginShell[];
  readonly hostKeyTypes?: readonly ('ed25519' | 'ecdsa' | 'rsa')[];
  /** Further lines of sshd_config. */
  readonly config?: readonly string[];
}

/** A real OpenSSH server on a loopback port, with keys, known_hosts and users of its own. */
export interface Sshd {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The user who runs the tests. */
  readonly user: string;
  /** User names by login shell. */
  readonly users: ReadonlyMap<LoginShell, string>;
  readonly directory: string;
  readonly identityFile: string;
  readonly knownHostsFile: string;
  readonly hostKeyFiles: readonly string[];
  /** Lets a further key in. */
  authorize(publicKey: string): Promise<void>;
  /** Process ids of the server and everything it started. */
  pid(): number;
  /** Ends the server politely; sessions end too. */
  stop(): Promise<void>;
  /** SIGKILL for the server, its sessions and what they run. */
  kill(): Promise<void>;
  /** SIGKILL for the sessions only: clients lose their connections and may come back. */
  killSessions(): Promise<void>;
  /** SIGSTOP for them and what they run: nothing is said any more, and the connections stay. */
  freezeSessions(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  log(): Promise<string>;
  close(): Promise<void>;
}

export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  if (!existsSync('/usr/sbin/sshd')) await installPackages('openssh-server', 'openssh-client');
  await mkdir('/run/sshd', {recursive: true}).catch(() => undefined);
  const directory = await mkdtemp(join(tmpdir(), 'waybill-sshd-'));
  // Users of their own have to reach authorized_keys.
  await chmod(directory, 0o755);
  const hostKeyFiles: string[] = [];
  for (const type of options.hostKeyTypes ?? ['ed25519']) {
    const file = join(directory, `host_${type}`);
    await run('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file]);
    hostKeyFiles.push(file);
  }
  const identityFile = join(directory, 'id');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', identityFile]);
  const authorizedKeys = join(directory, 'authorized_keys');
  await writeFile(authorizedKeys, await readFile(`${identityFile}.pub`), {mode: 0o644});
  const users = new Map<LoginShell, string>();
  for (const shell of options.shells ?? []) users.set(shell, await createUser(shell));

  const logFile = join(directory, 'sshd.log');
  const knownHostsFile = join(directory, 'known_hosts');
  let port = 0;
  let server: ChildProcess | undefined;

  const launch = async (): Promise<void> => {
    server = await startDaemon('/usr/sbin/sshd', ['-D', '-e', '-f', join(directory, 'sshd_config')], port, logFile);
  };

  for (let tries = 0; ; tries += 1) {
    port = await freePort();
    await writeFile(join(directory, 'sshd_config'), sshdConfig(port, directory, hostKeyFiles, options));
    try {
      await launch();
      break;
    } catch (error) {
      // Another test file may take the port between the look and the bind.
      if (tries === 4 || !(error instanceof Error) || !error.message.includes('Address already in use')) throw error;
    }
  }
  const hostKeys = await Promise.all(hostKeyFiles.map((file) => readFile(`${file}.pub`, 'utf8')));
  await writeFile(knownHostsFile, hostKeys.map((key) => `[127.0.0.1]:${port} ${key}`).join(''));

  const processId = (): number => {
    if (server?.pid === undefined) throw new Error('sshd does not run');
    return server.pid;
  };
  const stop = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    const child = server;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    await killTree(child.pid, signal);
    await ended;
  };
  return {
    host: '127.0.0.1',
    port,
    user: userInfo().username,
    users,
    directory,
    identityFile,
    knownHostsFile,
    hostKeyFiles,
    authorize: (publicKey) => appendFile(authorizedKeys, `${publicKey.trim()}\n`),
    pid: processId,
    stop: () => stop('SIGTERM'),
    kill: () => stop('SIGKILL'),
    killSessions: () => killTree(processId(), 'SIGKILL', {keepRoot: true}),
    freezeSessions: () => killTree(processId(), 'SIGSTOP', {keepRoot: true}),
    start: launch,
    log: () => readFile(logFile, 'utf8'),
    close: async () => {
      await stop('SIGKILL');
      for (const user of users.values()) await removeUser(user);
      await rm(directory, {recursive: true, force: true});
    },
  };
}

function sshdConfig(port: number, directory: string, hostKeys: readonly string[], options: SshdOptions): string {
  const subsystem = {
    internal: ['Subsystem sftp internal-sftp'],
    external: [`Subsystem sftp ${SFTP_SERVER}`],
    off: [],
  }[options.sftp ?? 'internal'];
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...hostKeys.map((file) => `HostKey ${file}`),
    `AuthorizedKeysFile ${join(directory, 'authorized_keys')}`,
    'PidFile none',
    'UsePAM no',
    'UseDNS no',
    'StrictModes no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PrintMotd no',
    // The start-up files of whoever runs the tests are slow, print, and hold locks that a killed session leaves behind.
    ...((options.shells ?? []).length === 0 ? [`SetEnv HOME=${directory}`] : []),
    'LogLevel VERBOSE',
    `MaxSessions ${options.maxSessions ?? 10}`,
    `MaxStartups ${options.maxStartups ?? '100'}`,
    ...subsystem,
    ...(options.config ?? []),
    '',
  ].join('\n');
}
