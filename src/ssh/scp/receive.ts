import {parseFileRecord} from './records.js';

const NEWLINE = 10;
const LONGEST_RECORD = 64 * 1024;

/** Agreement to the beginning, to the record of one file, and to its bytes: a sending `scp` reads each when it is due. */
export const AGREE_TO_ONE_FILE = Buffer.of(0, 0, 0);

/** One file as a sending `scp` gives it: its record, its bytes, and whether it could read them all. */
export class ScpReceiver {
  readonly #into: Buffer;
  #line = Buffer.alloc(0);
  #size: number | undefined;
  #received = 0;
  #complaint: string | undefined;

  /** @param into what there is room for; further bytes are counted and left out */
  constructor(into: Buffer) {
    this.#into = into;
  }

  /** What it said against it, or undefined. */
  get complaint(): string | undefined {
    return this.#complaint;
  }

  /** The bytes that were kept; undefined before the file has come in full. */
  get kept(): number | undefined {
    if (this.#size === undefined || this.#received < this.#size || this.#complaint !== undefined) return undefined;
    return Math.min(this.#size, this.#into.length);
  }

  feed(bytes: Buffer): void {
    if (this.#complaint !== undefined) return;
    const rest = this.#size === undefined ? this.#takeRecord(bytes) : bytes;
    if (this.#size === undefined || rest.length === 0) return;
    const content = rest.subarray(0, this.#size - this.#received);
    content.copy(this.#into, Math.min(this.#received, this.#into.length));
    this.#received += content.length;
    // A zero follows the bytes; anything else is why they are not those of the file.
    const status = rest[content.length];
    if (status !== undefined && status !== 0)
      this.#complaint = rest
        .subarray(content.length + 1)
        .toString()
        .trim();
  }

  /** What is left after the record. */
  #takeRecord(bytes: Buffer): Buffer {
    this.#line = Buffer.concat([this.#line, bytes]);
    const end = this.#line.indexOf(NEWLINE);
    if (end === -1) {
      if (this.#line.length > LONGEST_RECORD) this.#complaint = 'no record of scp';
      return Buffer.alloc(0);
    }
    const record = this.#line.subarray(0, end).toString('latin1');
    const parsed = parseFileRecord(record);
    if ('size' in parsed) this.#size = parsed.size;
    else this.#complaint = record.replace(/^[\x01\x02]/, '');
    return this.#line.subarray(end + 1);
  }
}
