import type {Socket} from 'node:net';

/**
 * Ends a connection whose peer is gone without a word. Bytes count, not answers to probes: on a slow line an answer
 * waits behind megabytes of data, and a peer that goes on accepting those is alive.
 *
 * @returns stops the watch
 */
export function watchLiveness(socket: Socket, deadAfterMs: number, onDead: () => void): () => void {
  let received = socket.bytesRead;
  let accepted = 0;
  let since = performance.now();
  const timer = setInterval(
    () => {
      const backlog = socket.writableLength;
      // The kernel takes what fits its buffer from a dead line, too; only behind a backlog it takes what was acknowledged.
      const taken = backlog === 0 ? accepted : socket.bytesWritten - backlog;
      if (socket.bytesRead !== received || taken !== accepted) {
        received = socket.bytesRead;
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
