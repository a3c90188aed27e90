import type {ClientChannel} from 'ssh2';
import {toError, WaybillError} from '../../contracts/errors.js';
import type {SshEndpoint} from '../endpoint.js';
import {connectionLost} from '../errors.js';
import {FieldReader, FieldWriter} from './fields.js';
import {LEAST_LIMITS, readLimits, type SftpLimits} from './limits.js';
import {REPLY, REQUEST} from './packet-types.js';
import {parseReply, type SftpReply} from './reply.js';
import {ReplyReader} from './reply-reader.js';
import {SftpStatus} from './status.js';

const VERSION = 3;

const LIMITS = 'limits@openssh.com';

/** A write of no more than this goes in one piece with its head: a copy costs less than a packet of its own. */
const COPIED_BYTES = 8 * 1024;

interface Waiting {
  readonly into: Buffer | undefined;
  readonly sentAt: number | undefined;
  readonly resolve: (reply: SftpReply) => void;
  readonly reject: (error: unknown) => void;
}

/** What a request carries besides its fields. */
export interface RequestData {
  /** The content of a write. Not copied: it must stay as it is until the reply. */
  readonly data?: Buffer;
  /** Where the answer to a read goes. */
  readonly into?: Buffer;
}

/**
 * The requests and replies of one SFTP session on a channel of its own. Any number may be under way; the server answers
 * in its own order. Everything fails with `ssh.connection-lost` where the channel ends, with `ssh.protocol` where the
 * server talks nonsense.
 */
export class SftpChannel {
  readonly #channel: ClientChannel;
  readonly #endpoint: SshEndpoint;
  readonly #waiting = new Map<number, Waiting>();
  readonly #reader: ReplyReader;
  readonly #extensions = new Map<string, string>();
  #established: ((error?: Error) => void) | undefined;
  #nextId = 0;
  #end: Error | undefined;
  #unsent: Buffer[] = [];
  #roundTripMs = Number.POSITIVE_INFINITY;
  #limits = LEAST_LIMITS;

  private constructor(channel: ClientChannel, endpoint: SshEndpoint) {
    this.#channel = channel;
    this.#endpoint = endpoint;
    this.#reader = new ReplyReader({
      destinationOf: (id) => this.#waiting.get(id)?.into,
      onData: (id, bytes) => this.#take(id)?.resolve({kind: 'data', bytes}),
      onReply: (type, id, body) => this.#reply(type, id, body),
    });
    channel.on('data', (bytes: Buffer) => this.#feed(bytes));
    channel.on('error', (error: Error) => this.#ended(connectionLost(endpoint, error.message, error)));
    channel.on('close', () => this.#ended(connectionLost(endpoint, 'the SFTP session ended')));
    // Nobody reads what the server complains of: unread, it would stop the channel.
    channel.stderr.resume();
  }

  /**
   * Agrees on the version, and asks for the limits where the server tells them. Rejects with `ssh.sftp-unavailable` where
   * what was started is no SFTP server.
   */
  static async establish(channel: ClientChannel, endpoint: SshEndpoint): Promise<SftpChannel> {
    const session = new SftpChannel(channel, endpoint);
    try {
      await new Promise<void>((resolve, reject) => {
        session.#established = (error) => (error === undefined ? resolve() : reject(error));
        const init = Buffer.allocUnsafe(9);
        init.writeUInt32BE(5, 0);
        init.writeUInt8(REQUEST.init, 4);
        init.writeUInt32BE(VERSION, 5);
        channel.write(init);
      });
    } catch (cause) {
      channel.end();
      const reason = toError(cause).message;
      throw new WaybillError('ssh.sftp-unavailable', `${endpoint.host} starts no SFTP session: ${reason}`, {
        path: endpoint.name,
        cause,
      });
    }
    try {
      if (session.#extensions.has(LIMITS)) await session.#askLimits();
      return session;
    } catch (error) {
      channel.end();
      throw error;
    }
  }

  /** Bytes of data that one request may carry. */
  get limits(): SftpLimits {
    return this.#limits;
  }

  /** What the server can do besides the protocol, by name. */
  get extensions(): ReadonlyMap<string, string> {
    return this.#extensions;
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** Milliseconds: the shortest that a request took which no other was ahead of; infinite before the first. */
  get roundTripMs(): number {
    return this.#roundTripMs;
  }

  /** Calls `listener` once when the channel is closed. */
  once(event: 'close', listener: () => void): void {
    this.#channel.once(event, listener);
  }

  /** Rejects with SftpStatus where the server refuses. `fields` is what follows the id, the length of data included. */
  request(type: number, fields: Buffer, {data, into}: RequestData = {}): Promise<SftpReply> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const id = this.#nextId;
    this.#nextId = (id + 1) >>> 0;
    const head = Buffer.allocUnsafe(9);
    head.writeUInt32BE(5 + fields.length + (data?.length ?? 0), 0);
    head.writeUInt8(type, 4);
    head.writeUInt32BE(id, 5);
    // Behind others it would tell how long those take.
    const sentAt = this.#waiting.size === 0 ? performance.now() : undefined;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, {into, resolve, reject, sentAt});
      if (this.#unsent.length === 0) process.nextTick(() => this.#send());
      this.#unsent.push(head, fields);
      if (data === undefined) return;
      this.#unsent.push(data);
      if (data.length > COPIED_BYTES) this.#send();
    });
  }

  end(): void {
    this.#channel.end();
    this.#ended(connectionLost(this.#endpoint, 'the SFTP session was closed here'));
  }

  async #askLimits(): Promise<void> {
    const reply = await this.request(REQUEST.extended, new FieldWriter().string(LIMITS).bytes());
    if (reply.kind !== 'extended') throw unexpectedReply(reply.kind, this.#endpoint.name);
    this.#limits = readLimits(reply.fields);
  }

  /** Requests that were made together go in one packet; the content of a large write goes as it is. */
  #send(): void {
    const parts = this.#unsent;
    this.#unsent = [];
    if (this.#end !== undefined || parts.length === 0) return;
    const last = parts.at(-1);
    const apart = last !== undefined && last.length > COPIED_BYTES ? last : undefined;
    if (apart !== undefined) parts.pop();
    this.#channel.write(parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts));
    if (apart !== undefined) this.#channel.write(apart);
  }

  #feed(bytes: Buffer): void {
    if (this.#end !== undefined) return;
    try {
      this.#reader.feed(bytes);
    } catch (error) {
      const {message} = toError(error);
      this.#ended(new WaybillError('ssh.protocol', message, {path: this.#endpoint.name, cause: error}));
      this.#channel.end();
    }
  }

  #reply(type: number, id: number, body: Buffer): void {
    if (type === REPLY.version) {
      this.#versionAnswered(id, body);
      return;
    }
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) throw new Error('the server answered what was not asked');
    if (waiting.sentAt !== undefined) {
      this.#roundTripMs = Math.min(this.#roundTripMs, performance.now() - waiting.sentAt);
    }
    try {
      waiting.resolve(parseReply(type, body));
    } catch (error) {
      if (!(error instanceof SftpStatus)) throw error;
      waiting.reject(error);
    }
    this.#waiting.delete(id);
  }

  /** The version stands where other replies have their id. */
  #versionAnswered(version: number, body: Buffer): void {
    if (version < VERSION) throw new Error(`the server speaks version ${version} of SFTP; ${VERSION} is needed`);
    const fields = new FieldReader(body);
    while (fields.left > 0) this.#extensions.set(fields.string().toString(), fields.string().toString());
    this.#established?.();
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #ended(reason: Error): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    this.#established?.(reason);
    for (const {reject} of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}

/** An answer that belongs to another question than the one that was asked. */
export function unexpectedReply(found: string, target: string): WaybillError {
  return new WaybillError('ssh.protocol', `The SFTP server answered with ${found} where something else was asked.`, {
    path: target,
  });
}
