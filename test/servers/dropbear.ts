import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {chmod, mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {installPackages} from './debian.js';
import {freePort} from './ports.js';
import {killTree} from './processes.js';
import {startDaemon} from './ssh-daemon.js';
import type {SshServer} from './sshd-endpoint.js';
import {createUser, removeUser} from './users.js';

const run = promisify(execFile);
const DROPBEAR = '/usr/sbin/dropbear';

/** What Dropbear starts for SFTP, as Debian compiles it. */
const SFTP_SERVER = '/usr/lib/sftp-server';
const NO_SERVER = '/there/is/no/such/se';

/** A real Dropbear on a loopback port, as small machines have it: with `scp`, without an SFTP server. */
export interface Dropbear extends SshServer {
  /**
   * A user of its own: Dropbear looks for keys in the home directory only, and root's is not to be touched. It has the
   * rights of root, as whoever runs the tests and makes the files; the next run removes what a killed one left.
   */
  readonly user: string;
  close(): Promise<void>;
}

export async function startDropbear(): Promise<Dropbear> {
  if (!existsSync(DROPBEAR)) await installPackages('dropbear-bin');
  const directory = await mkdtemp(join(tmpdir(), 'waybill-dropbear-'));
  const user = await createUser('dash', {asRoot: true});
  const identityFile = join(directory, 'id');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', identityFile]);
  const keys = join('/home', user, '.ssh');
  await mkdir(keys, {mode: 0o700});
  await writeFile(join(keys, 'authorized_keys'), await readFile(`${identityFile}.pub`), {mode: 0o600});
  const hostKey = join(directory, 'host_key');
  const {stdout} = await run('dropbearkey', ['-t', 'ed25519', '-f', hostKey]);
  const publicKey = stdout.split('\n').find((line) => line.startsWith('ssh-ed25519 ')) ?? '';
  const program = await withoutSftp(directory);
  const port = await freePort();
  const knownHostsFile = join(directory, 'known_hosts');
  await writeFile(knownHostsFile, `[127.0.0.1]:${port} ${publicKey}\n`);
  const server = await startDaemon(
    program,
    ['-F', '-E', '-m', '-s', '-r', hostKey, '-P', join(directory, 'pid'), '-p', `127.0.0.1:${port}`],
    port,
    join(directory, 'log'),
  );
  return {
    ...{host: '127.0.0.1', port, user, identityFile, knownHostsFile},
    close: async () => {
      const ended = once(server, 'exit');
      await killTree(server.pid ?? 0, 'SIGKILL');
      await ended;
      await removeUser(user);
      await rm(directory, {recursive: true, force: true});
    },
  };
}

/**
 * A copy of the program that finds no SFTP server: the path of that is compiled in, no option leaves it out, and OpenSSH,
 * which other tests need, has installed one there.
 */
async function withoutSftp(directory: string): Promise<string> {
  const program = await readFile(DROPBEAR);
  const at = program.indexOf(`${SFTP_SERVER}\0`);
  if (at === -1) throw new Error(`${DROPBEAR} names no ${SFTP_SERVER}`);
  program.write(NO_SERVER, at);
  const copy = join(directory, 'dropbear');
  await writeFile(copy, program);
  await chmod(copy, 0o755);
  return copy;
}
