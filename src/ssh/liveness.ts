import type {Socket} from 'node:net';
import type {Duplex} from 'node:stream';

/**
 * Ends a connection whose peer is gone without a word. Bytes count, not answers to probes: on a slow line an answer
 * waits behind megabytes of data, and a peer that goes on accepting those is alive.
 *
 * @param stream is flowing: what it brings comes from the peer itself. Its socket also brings what a jump host answers
 *   to its own probes.
 * @returns stops the watch
 */
export function watchLiveness(
  {stream, socket}: {readonly stream: Duplex; readonly socket: Socket},
  deadAfterMs: number,
  onDead: () => void,
): () => void {
  let hasReceived = false;
  let accepted = 0;
  let since = performance.now();
  stream.on('data', () => (hasReceived = true));
  const timer = setInterval(
    () => {
      const backlog = socket.writableLength;
      // The kernel takes what fits its buffer from a dead line, too; only behind a backlog it takes what was acknowledged.
      const taken = backlog === 0 ? accepted : socket.bytesWritten - backlog;
      if (hasReceived || taken !== accepted) {
        hasReceived = false;
        accepted = taken;
        since = performance.now();
      } else if (performance.now() - since >= deadAfterMs) {
        clearInterval(timer);
        onDead();
      }
    },
    Math.max(50, deadAfterMs / 10),
  );
  timer.unref();
  return () => clearInterval(timer);
}
