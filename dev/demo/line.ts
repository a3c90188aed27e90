import {once} from 'node:events';
import {connect, createServer, type Socket} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';

export type Way = 'to-target' | 'from-target';

/** More than connecting, logging in and asking takes: past this, files move. */
const BEYOND_GREETING_BYTES = 256 * 1024;

interface Passed {
  readonly since: number;
  readonly way: Way;
  bytes: number;
  /** When files began to move, in milliseconds since 1970. */
  movingAt?: number;
}

/** A relay in front of a server: as slow as a real line, and a witness of what crossed it that is not Waybill. */
export interface Line {
  readonly port: number;
  /** Bytes that crossed so far, those of SSH itself included. */
  carried(way: Way): number;
  /** When files began to move over a connection that was made after `since`; both in milliseconds since 1970. */
  movingSince(way: Way, since: number): number | undefined;
  close(): Promise<void>;
}

export async function openLine(serverPort: number, bytesPerSecond: number): Promise<Line> {
  const passed: Passed[] = [];
  const sockets = new Set<Socket>();
  const freeAt: Record<Way, number> = {'to-target': 0, 'from-target': 0};

  const carry = async (from: Socket, to: Socket, way: Way): Promise<void> => {
    const count: Passed = {since: Date.now(), way, bytes: 0};
    passed.push(count);
    for await (const chunk of from) {
      if (!Buffer.isBuffer(chunk)) continue;
      const now = performance.now();
      freeAt[way] = Math.max(now, freeAt[way]) + (chunk.length / bytesPerSecond) * 1000;
      // Timers are not finer than this.
      if (freeAt[way] - now > 5) await delay(freeAt[way] - now);
      count.bytes += chunk.length;
      if (count.bytes > BEYOND_GREETING_BYTES) count.movingAt ??= Date.now();
      if (!to.write(chunk)) await once(to, 'drain');
    }
  };

  const server = createServer((near) => {
    const far = connect(serverPort, '127.0.0.1');
    for (const [from, to, way] of [
      [near, far, 'to-target'],
      [far, near, 'from-target'],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.once('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      // One that breaks is what this line is for.
      carry(from, to, way).catch(() => from.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the line has no port');
  return {
    port: address.port,
    carried: (way) => passed.filter((count) => count.way === way).reduce((sum, {bytes}) => sum + bytes, 0),
    movingSince: (way, since) =>
      passed
        .filter((count) => count.way === way && count.since >= since)
        .flatMap(({movingAt}) => movingAt ?? [])
        .sort((a, b) => a - b)[0],
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
