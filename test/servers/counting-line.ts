import {connect, createServer, type Socket} from 'node:net';

/** A TCP line to a port of this machine that counts what crosses it, both ways. */
export interface CountingLine {
  readonly endpoint: string;
  readonly bytes: number;
  close(): Promise<void>;
}

export async function startCountingLine(port: number): Promise<CountingLine> {
  let bytes = 0;
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('data', (chunk: Buffer) => (bytes += chunk.length));
      from.on('error', () => to.destroy());
      from.on('close', () => open.delete(from));
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the line has no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    get bytes() {
      return bytes;
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
