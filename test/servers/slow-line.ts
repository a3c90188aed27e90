import {once} from 'node:events';
import {connect, createServer, type Socket} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';

/** A TCP line to a port of this machine that takes no more than it passes on: little of what is sent waits in the system. */
export interface SlowLine {
  readonly endpoint: string;
  close(): Promise<void>;
}

const PIECE_BYTES = 16 * 1024;

/** `bytesPerSecond` holds for each connection, each way. */
export async function startSlowLine(port: number, bytesPerSecond: number): Promise<SlowLine> {
  const open = new Set<Socket>();
  const server = createServer({highWaterMark: PIECE_BYTES}, (near) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.end();
      });
      pass(from, to, bytesPerSecond).catch(() => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the line has no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function pass(from: Socket, to: Socket, bytesPerSecond: number): Promise<void> {
  for await (const chunk of from) {
    if (!(chunk instanceof Buffer)) continue;
    if (!to.write(chunk)) await once(to, 'drain');
    await delay((chunk.length / bytesPerSecond) * 1000);
  }
}
