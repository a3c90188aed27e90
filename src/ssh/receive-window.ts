import type {ClientChannel} from 'ssh2';

/**
 * Bytes that a server may send ahead on a channel besides the 2 MiB of ssh2. Measured over 50 ms, one SFTP session: 18 MiB/s
 * without, 97 MiB/s with them, and OpenSSH's `sftp`, whose window has 2 MiB as well, 36 MiB/s.
 */
const MORE_BYTES = 14 * 1024 * 1024;

/**
 * Widens what a server may send before it is told that it may send more. No more comes than is asked for, so that it is for
 * channels whose bytes are asked for. ssh2 has no setting for it, but tops its window up whenever half of it is used: a
 * window that it is told to be smaller, by as much as it is to be wider, is topped up by that with the first bytes.
 */
export function widenReceiveWindow({incoming}: Pick<ClientChannel, 'incoming'>): void {
  if (typeof incoming !== 'object' || incoming === null) return;
  if ('window' in incoming && typeof incoming.window === 'number') incoming.window -= MORE_BYTES;
}
