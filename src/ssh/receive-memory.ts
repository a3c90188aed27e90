import type {Client, ClientChannel} from 'ssh2';
import {channelDataOf, decipherOf, openChannelsOf} from './ssh2-internals.js';

/** For a connection that brings little: it is filled once. */
const SMALL_BYTES = 16 * 1024;
const LEAST_READ_BYTES = 4 * 1024;
const READ_BYTES = 128 * 1024;
/** What comes stays as it is until half of this has come after it: a packet has 35,000 bytes at most. */
const RING_BYTES = 4 * READ_BYTES;

/** RFC 4254, 5.2. */
const CHANNEL_DATA = 94;

/**
 * Memory that the system reads a connection into, used again. Node has new memory for each 64 KiB that comes, and ssh2 for
 * each packet that lies in two of them; V8 looks through the whole heap for every 64 MiB of it. Measured in a worker, for
 * each GiB received: 5.9 s of processor instead of 9.7 s.
 *
 * ssh2 decrypts packets where they lie, and hands them on. Whoever keeps one is given a copy: that is everybody but the
 * channels that are known to be through with it at once, and the exchange of new keys, during which nothing else comes.
 */
export class ReceiveMemory {
  #memory = Buffer.allocUnsafeSlow(SMALL_BYTES);
  #at = 0;
  #mayReuse = false;
  readonly #throughAtOnce = new WeakSet<object>();

  /** Where the next bytes belong. */
  get room(): Buffer {
    return this.#memory.subarray(this.#at, this.#at + READ_BYTES);
  }

  /** The bytes that came there. They stay as they are until many more have come. */
  take(length: number): Buffer {
    const {room} = this;
    this.#at += length;
    if (this.#memory.length === RING_BYTES) {
      if (this.#at + READ_BYTES > RING_BYTES) this.#at = 0;
    } else if (this.#at + LEAST_READ_BYTES > SMALL_BYTES) {
      // What fills all of a large room is of many bytes.
      const isMuch = this.#mayReuse && length === room.length && length >= SMALL_BYTES / 2;
      this.#memory = Buffer.allocUnsafeSlow(isMuch ? RING_BYTES : SMALL_BYTES);
      this.#at = 0;
    }
    return room.subarray(0, length);
  }

  /** Memory is used again from now on, until the keys change: `handshake` is emitted after each change. */
  reuseFor(client: Client): void {
    const [decipher, handlers, channels] = [decipherOf(client), channelDataOf(client), openChannelsOf(client)];
    if (decipher === undefined || handlers === undefined || channels === undefined) return;
    const onPayload = decipher._onPayload.bind(decipher);
    decipher._onPayload = (payload) => onPayload(payload[0] === CHANNEL_DATA ? payload : Buffer.from(payload));
    // The first keys; the handlers stay when they change.
    if (this.#mayReuse) return;
    this.#mayReuse = true;
    const onData = handlers.CHANNEL_DATA.bind(handlers);
    handlers.CHANNEL_DATA = (protocol, recipient, data) => {
      const channel = channels.get(recipient);
      const isThrough = typeof channel === 'object' && channel !== null && this.#throughAtOnce.has(channel);
      onData(protocol, recipient, isThrough ? data : Buffer.from(data));
    };
  }

  /** The listeners of `channel` keep nothing of what it brings, and never pause it: they are given the memory itself. */
  lendTo(channel: ClientChannel): void {
    this.#throughAtOnce.add(channel);
  }
}
