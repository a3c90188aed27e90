import type {Client, ClientChannel} from 'ssh2';
import {channelDataOf, decipherOf, openChannelsOf} from './ssh2-internals.js';

/** Of a connection that brings little: it has memory of its own for each read. */
const SMALL_READ_BYTES = 16 * 1024;
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
 * channels that are known to be through with it at once.
 */
export class ReceiveMemory {
  #memory = Buffer.allocUnsafeSlow(SMALL_READ_BYTES);
  #at = 0;
  #mayReuse = false;
  readonly #throughAtOnce = new WeakSet<object>();

  /** Where the next bytes belong. */
  get room(): Buffer {
    return this.#memory.subarray(this.#at, this.#at + READ_BYTES);
  }

  /** The bytes that came there. They stay as they are until many more have come. */
  take(length: number): Buffer {
    const taken = this.#memory.subarray(this.#at, this.#at + length);
    if (this.#mayReuse && this.#memory.length === RING_BYTES) {
      this.#at += length;
      if (this.#at + READ_BYTES > RING_BYTES) this.#at = 0;
    } else {
      // One that is filled to its end is of many.
      const isMuch = this.#mayReuse && length === this.#memory.length;
      this.#memory = Buffer.allocUnsafeSlow(isMuch ? RING_BYTES : SMALL_READ_BYTES);
    }
    return taken;
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
