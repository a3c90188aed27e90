import {execFile} from 'node:child_process';
import {readdir, readFile, readlink} from 'node:fs/promises';
import {connect, createServer} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import {promisify} from 'node:util';
import {WaybillError} from '../contracts/errors.js';

export const loopback = '127.0.0.1';

/** Refuses a port that another program holds with `stack.port-in-use`, by that program's name where it can be seen. */
export async function requireFreePort(port: number, purpose: string): Promise<void> {
  if (await canListen(port)) return;
  const holder = await portHolder(port);
  throw new WaybillError(
    'stack.port-in-use',
    `port ${port}, wanted for ${purpose}, is held by ${holder ?? 'another program'}`,
    {
      expected: 'free',
      found: holder ?? 'in use',
      remedy: 'Stop that program, or choose other ports: `waybill dev --port N --ui-port M`.',
    },
  );
}

/** A port of the loopback interface that is free now: `preferred` where that is. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await canListen(preferred))) return preferred;
  const port = await listenOnce(0);
  if (port === undefined) throw new WaybillError('stack.start-failed', 'no free port on the loopback interface');
  return port;
}

/** Whether nothing listens on this port of the loopback interface. */
export async function canListen(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== undefined;
}

function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({host: loopback, port, exclusive: true}, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

/** Resolves when something accepts connections there. Asks every 10 ms: a refused connection costs nothing. */
export async function waitForPort(port: number, signal: AbortSignal): Promise<void> {
  while (!(await accepts(port))) {
    signal.throwIfAborted();
    await delay(10);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({host: loopback, port});
    const answer = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}

/** `name (pid N)` of the program that listens; undefined where this user may not see it. */
async function portHolder(port: number): Promise<string | undefined> {
  if (process.platform === 'linux') return holderFromProc(port);
  const result = await promisify(execFile)('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']).catch(
    () => undefined,
  );
  const pid = result?.stdout.match(/^p(\d+)$/m)?.[1];
  const name = result?.stdout.match(/^c(.+)$/m)?.[1];
  return pid === undefined || name === undefined ? undefined : `${name} (pid ${pid})`;
}

/** proc_net(5): state 0A listens, the local address ends in the port in hexadecimal, the tenth column is the inode. */
async function holderFromProc(port: number): Promise<string | undefined> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const sockets = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (await readFile(table, 'utf8').catch(() => '')).split('\n')) {
      const columns = line.trim().split(/\s+/);
      if (columns[3] === '0A' && columns[1]?.endsWith(suffix) === true) sockets.add(`socket:[${columns[9] ?? ''}]`);
    }
  }
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const link = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      if (!sockets.has(link)) continue;
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '?');
      return `${name.trim()} (pid ${pid})`;
    }
  }
  return undefined;
}
