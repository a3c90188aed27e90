import {randomFillSync} from 'node:crypto';
import type {Client} from 'ssh2';
import {cipherOf, type PacketCipher} from './ssh2-internals.js';

/** Payload of the smallest packets that are kept: what is smaller is no part of a file, or its end. */
const LEAST_BYTES = 16 * 1024;
/** What is kept for another time: twice what ssh2 and OpenSSH have on their way on one channel. */
const MOST_KEPT_BYTES = 4 * 1024 * 1024;
/** A connection that sends no large packet for so long keeps nothing. */
const QUIET_MS = 2_000;

/** Length of the packet and of its padding, RFC 4253, section 6: the payload follows. */
const HEAD_BYTES = 5;

/** Random bytes made at once. In a profile of an upload, those of each packet by itself were 6 % of the main thread. */
const RANDOM_BYTES = 16 * 1024;

/**
 * Memory of the packets that ssh2 sends on one connection, used again. ssh2 takes new memory for each 32 KiB; what waits
 * for the network meanwhile grows old, and V8 looks through the whole heap for every 64 MiB of it. Measured in a worker,
 * for each GiB sent: 2.6 s of its main thread instead of 3.4 s.
 */
export class PacketMemory {
  /** Payload of the packets that are kept: the largest seen, which is what a file goes in. */
  #payloadBytes = LEAST_BYTES;
  #head = Buffer.alloc(0);
  readonly #kept: Buffer[] = [];
  #lent = new WeakSet<Buffer>();
  #quiet: NodeJS.Timeout | undefined;
  readonly #random = Buffer.alloc(RANDOM_BYTES);
  #randomUsed = RANDOM_BYTES;

  /** For what `client` sends until the keys change the next time: `handshake` is emitted after each change. */
  lendTo(client: Client): void {
    const cipher = cipherOf(client);
    if (cipher === undefined) return;
    const allocate = cipher.allocPacket.bind(cipher);
    this.#begin(LEAST_BYTES);
    cipher.allocPacket = (payloadBytes) => this.#packet(payloadBytes, allocate);
  }

  /** Takes back what the network has, where it is a packet as it was lent: ciphers that copy write others. */
  takeBack(written: unknown): void {
    if (!(written instanceof Buffer) || !this.#lent.delete(written)) return;
    if ((this.#kept.length + 1) * written.length > MOST_KEPT_BYTES) return;
    this.#kept.push(written);
    if (this.#quiet === undefined) this.#quiet = setTimeout(() => this.#release(), QUIET_MS).unref();
    else this.#quiet.refresh();
  }

  #packet(payloadBytes: number, allocate: PacketCipher['allocPacket']): Buffer {
    if (payloadBytes < this.#payloadBytes) return allocate(payloadBytes);
    if (payloadBytes > this.#payloadBytes) this.#begin(payloadBytes);
    const packet = this.#again(payloadBytes) ?? allocate(payloadBytes);
    if (this.#head.length === 0) this.#head = Buffer.from(packet.subarray(0, HEAD_BYTES));
    this.#lent.add(packet);
    return packet;
  }

  /** One that was sent: it was encrypted where it lies, so that head and padding are made anew. */
  #again(payloadBytes: number): Buffer | undefined {
    const packet = this.#kept.pop();
    if (packet === undefined) return undefined;
    packet.set(this.#head);
    this.#pad(packet, HEAD_BYTES + payloadBytes, this.#head.readUInt8(HEAD_BYTES - 1));
    return packet;
  }

  /** Each random byte is used once. */
  #pad(packet: Buffer, from: number, length: number): void {
    if (this.#randomUsed + length > RANDOM_BYTES) {
      randomFillSync(this.#random);
      this.#randomUsed = 0;
    }
    this.#random.copy(packet, from, this.#randomUsed, this.#randomUsed + length);
    this.#randomUsed += length;
  }

  #release(): void {
    this.#kept.length = 0;
    this.#quiet = undefined;
  }

  /** What is kept or on its way is of another size, or from another cipher, with another padding. */
  #begin(payloadBytes: number): void {
    this.#payloadBytes = payloadBytes;
    this.#kept.length = 0;
    this.#lent = new WeakSet();
    this.#head = Buffer.alloc(0);
  }
}
