import {once} from 'node:events';
import {connect, createServer, type Socket} from 'node:net';
import {setImmediate, setTimeout as delay} from 'node:timers/promises';

/** A TCP line to a port of this machine that counts what crosses it, both ways. */
export interface TcpLine {
  readonly port: number;
  readonly endpoint: string;
  readonly bytes: number;
  /** Once so many bytes more have come from the server, nothing reaches it any more. */
  silenceAfterReceived(bytes: number): void;
  close(): Promise<void>;
}

interface TcpLineOptions {
  /** Of each connection, each way: no more is taken than is passed on, so that little waits in the system. Default: no limit. */
  readonly bytesPerSecond?: number;
  /** Lengths of the pieces in which the answers go on, over and over: each by itself. Default: as they come. */
  readonly pieceLengths?: readonly number[];
}

/** What a slow line takes at a time. */
const PIECE_BYTES = 16 * 1024;
/** What a slow line makes up for when it was held up. */
const MOST_LATE_MS = 250;

function* cut(bytes: Buffer, lengths: readonly number[]): Generator<Buffer> {
  for (let at = 0, count = 0; at < bytes.length; count += 1) {
    const length = lengths[count % lengths.length] ?? bytes.length;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

export async function startTcpLine(
  port: number,
  {bytesPerSecond, pieceLengths}: TcpLineOptions = {},
): Promise<TcpLine> {
  let bytes = 0;
  let leftToReceive = Number.POSITIVE_INFINITY;
  const open = new Set<Socket>();
  const pass = async (from: Socket, to: Socket, isAnswer: boolean): Promise<void> => {
    let dueAt = performance.now();
    for await (const chunk of from) {
      if (!(chunk instanceof Buffer)) continue;
      bytes += chunk.length;
      if (isAnswer) leftToReceive -= chunk.length;
      else if (leftToReceive <= 0) continue;
      for (const piece of isAnswer && pieceLengths !== undefined ? cut(chunk, pieceLengths) : [chunk]) {
        if (!to.write(piece)) await once(to, 'drain');
        if (pieceLengths !== undefined) await setImmediate();
      }
      if (bytesPerSecond === undefined) continue;
      // By the clock: on a busy machine a short delay takes several times as long, and the line would be slower than said.
      dueAt = Math.max(dueAt, performance.now() - MOST_LATE_MS) + (chunk.length / bytesPerSecond) * 1000;
      const early = dueAt - performance.now();
      if (early > 0) await delay(early);
    }
    to.end();
  };
  const slow = bytesPerSecond === undefined ? {} : {highWaterMark: PIECE_BYTES};
  const server = createServer(slow, (near) => {
    const far = connect(port, '127.0.0.1');
    near.setNoDelay(true);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => open.delete(from));
      pass(from, to, from === far).catch(() => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the line has no port');
  return {
    port: address.port,
    endpoint: `http://127.0.0.1:${address.port}`,
    get bytes() {
      return bytes;
    },
    silenceAfterReceived: (most) => {
      leftToReceive = most;
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
