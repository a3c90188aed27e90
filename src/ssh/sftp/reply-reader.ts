import {REPLY} from './packet-types.js';

/** The data of one reply: no read may ask for more, whatever the server offers. */
export const MOST_DATA_BYTES = 256 * 1024;

/** OpenSSH sends no packet that is longer; whatever else says so is no SFTP server. */
const MOST_BYTES = MOST_DATA_BYTES + 1024;

/** Length, type and id; a reply with data has the length of the data behind them. */
const HEAD_BYTES = 9;
const DATA_HEAD_BYTES = HEAD_BYTES + 4;

export interface ReplyReaderOptions {
  /** Where the data that answers this read belongs: filled in place as they arrive. */
  readonly destinationOf: (id: number) => Buffer | undefined;
  /** Bytes of a destination that were filled. */
  readonly onData: (id: number, bytes: number) => void;
  /** Everything else; `body` is what follows the id, in memory of its own: the caller of `feed` uses its bytes again. */
  readonly onReply: (type: number, id: number, body: Buffer) => void;
}

/** Cuts the byte stream of a server into replies. Data are copied once, from the stream to where they belong. */
export class ReplyReader {
  readonly #options: ReplyReaderOptions;
  readonly #head = Buffer.allocUnsafe(DATA_HEAD_BYTES);
  #headBytes = 0;
  #length = 0;
  /** What is being filled: the body of a reply, or the destination of data. */
  #body: Buffer | undefined;
  #filled = 0;

  constructor(options: ReplyReaderOptions) {
    this.#options = options;
  }

  /** Throws where the bytes are no SFTP. */
  feed(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      const body = this.#body;
      at = body === undefined ? this.#feedHead(bytes, at) : this.#feedBody(body, bytes, at);
    }
  }

  #feedHead(bytes: Buffer, from: number): number {
    const wanted = this.#headBytes >= HEAD_BYTES && this.#type === REPLY.data ? DATA_HEAD_BYTES : HEAD_BYTES;
    const taken = bytes.copy(this.#head, this.#headBytes, from, from + wanted - this.#headBytes);
    this.#headBytes += taken;
    if (this.#headBytes < wanted) return from + taken;
    if (wanted === HEAD_BYTES) {
      this.#length = this.#head.readUInt32BE(0);
      // An id belongs to every reply; the length counts neither itself nor what comes after.
      if (this.#length < HEAD_BYTES - 4 || this.#length > MOST_BYTES)
        throw new Error(`this is no SFTP: ${JSON.stringify(bytes.toString('latin1', 0, 80))}`);
      if (this.#type === REPLY.data) return from + taken;
      this.#begin(Buffer.allocUnsafe(this.#length - (HEAD_BYTES - 4)));
    } else this.#beginData();
    return from + taken;
  }

  get #type(): number {
    return this.#head[4] ?? 0;
  }

  get #id(): number {
    return this.#head.readUInt32BE(5);
  }

  #beginData(): void {
    const length = this.#head.readUInt32BE(HEAD_BYTES);
    const destination = this.#options.destinationOf(this.#id);
    if (destination === undefined || length > destination.length || length !== this.#length - DATA_HEAD_BYTES + 4)
      throw new Error(`the server sent ${length} bytes that were not asked for`);
    this.#begin(destination.subarray(0, length));
  }

  #begin(body: Buffer): void {
    this.#body = body;
    this.#filled = 0;
    if (body.length === 0) this.#end(body);
  }

  #feedBody(body: Buffer, bytes: Buffer, from: number): number {
    const taken = bytes.copy(body, this.#filled, from, from + body.length - this.#filled);
    this.#filled += taken;
    if (this.#filled === body.length) this.#end(body);
    return from + taken;
  }

  #end(body: Buffer): void {
    const [type, id] = [this.#type, this.#id];
    this.#body = undefined;
    this.#headBytes = 0;
    if (type === REPLY.data) this.#options.onData(id, body.length);
    else this.#options.onReply(type, id, body);
  }
}
