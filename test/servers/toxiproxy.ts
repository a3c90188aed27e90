import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {freePort} from './ports.js';

/** A TCP proxy in front of one server, with faults to switch on. */
export interface Toxiproxy {
  readonly port: number;
  /** Each way, in milliseconds. */
  latency(ms: number): Promise<void>;
  /** Each way, in KiB a second: the first time, and instead of what it was. */
  bandwidth(rate: number): Promise<void>;
  /** Nothing passes any more and nothing is said: the peer looks dead. */
  blackHole(): Promise<void>;
  /** Closes every connection once so many bytes have come from the server. */
  cutAfterReceived(bytes: number): Promise<void>;
  /** Closes every connection once so many bytes were sent to the server. */
  cutAfterSent(bytes: number): Promise<void>;
  /** Nothing passes any more; so many milliseconds later every connection ends with a TCP RST. */
  reset(afterMs: number): Promise<void>;
  /** Says nothing from now on, and closes every connection after so many milliseconds. */
  silence(closedAfterMs: number): Promise<void>;
  /** Ends every connection now and refuses new ones. */
  cut(): Promise<void>;
  /** Takes all faults away. */
  heal(): Promise<void>;
  close(): Promise<void>;
}

const BINARY = join(homedir(), '.cache', 'waybill', 'bin', 'toxiproxy-server');

export async function startToxiproxy(upstreamPort: number): Promise<Toxiproxy> {
  if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: npm run setup builds it`);
  const [apiPort, port] = [await freePort(), await freePort()];
  const server = spawn(BINARY, ['-host', '127.0.0.1', '-port', String(apiPort)], {stdio: 'ignore'});
  const api = async (method: string, path: string, body?: unknown): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${apiPort}${path}`, {
      method,
      ...(body === undefined ? {} : {body: JSON.stringify(body), headers: {'content-type': 'application/json'}}),
    });
    if (!response.ok) throw new Error(`toxiproxy: ${method} ${path}: ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
  };
  const create = {name: 'line', listen: `127.0.0.1:${port}`, upstream: `127.0.0.1:${upstreamPort}`, enabled: true};
  for (let tries = 0; ; tries += 1) {
    try {
      await api('POST', '/proxies', create);
      break;
    } catch (error) {
      if (server.exitCode !== null || tries === 100) throw error;
      await sleep(50);
    }
  }
  const toxic = (
    type: string,
    stream: 'upstream' | 'downstream',
    attributes: Readonly<Record<string, number>>,
  ): Promise<void> => api('POST', '/proxies/line/toxics', {type, stream, attributes});
  const bothWays = async (type: string, attributes: Readonly<Record<string, number>>): Promise<void> => {
    await toxic(type, 'upstream', attributes);
    await toxic(type, 'downstream', attributes);
  };
  let isLimited = false;
  const limit = async (rate: number): Promise<void> => {
    if (isLimited) {
      for (const stream of ['upstream', 'downstream']) {
        await api('POST', `/proxies/line/toxics/bandwidth_${stream}`, {attributes: {rate}});
      }
    } else await bothWays('bandwidth', {rate});
    isLimited = true;
  };
  return {
    port,
    latency: (ms) => bothWays('latency', {latency: ms}),
    bandwidth: limit,
    blackHole: () => bothWays('timeout', {timeout: 0}),
    cutAfterReceived: (bytes) => toxic('limit_data', 'downstream', {bytes}),
    cutAfterSent: (bytes) => toxic('limit_data', 'upstream', {bytes}),
    reset: (afterMs) => bothWays('reset_peer', {timeout: afterMs}),
    silence: (closedAfterMs) => bothWays('timeout', {timeout: closedAfterMs}),
    cut: () => api('POST', '/proxies/line', {enabled: false}),
    heal: async () => {
      await api('POST', '/reset');
      isLimited = false;
    },
    close: async () => {
      server.kill('SIGKILL');
    },
  };
}
