import type {Socket} from 'node:net';

/**
 * Ends a connection whose peer is gone without a word. Bytes count, not answers to probes: on a slow line an answer
 * waits behind megabytes of data, and a peer that goes on accepting those is alive.
 *
 * @returns stops the watch
 */
export function watchLiveness(socket: Socket, deadAfterMs: number, onDead: () => void): () => void {
  let seen = movedBytes(socket);
  let since = performance.now();
  const timer = setInterval(
    () => {
      const now = movedBytes(socket);
      if (now !== seen) {
        seen = now;
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

/** Received, plus what the kernel took: it takes more only when the peer acknowledges. */
function movedBytes(socket: Socket): number {
  return socket.bytesRead + socket.bytesWritten - socket.writableLength;
}
