import type {ClientChannel} from 'ssh2';

/**
 * Calls `listener` when the channel is closed, with the exit status of what ran there: null where a signal ended it,
 * undefined where the server told nothing. The event `exit` tells the same, and is over before anybody has the channel
 * where what was started ends at once, since its answer and its end may come in one packet of the line.
 */
export function onEnd(channel: ClientChannel, listener: (code?: number | null, signal?: string) => void): void {
  channel.once('close', listener);
}
