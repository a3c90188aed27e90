/** Most requests are a path or two and some numbers. */
const USUAL_BYTES = 256;

/** Puts the fields of a request together: integers are big-endian, strings carry their length before them. */
export class FieldWriter {
  #memory = Buffer.allocUnsafe(USUAL_BYTES);
  #length = 0;

  uint32(value: number): this {
    this.#length = this.#room(4).writeUInt32BE(value, this.#length);
    return this;
  }

  uint64(value: number): this {
    this.#length = this.#room(8).writeBigUInt64BE(BigInt(value), this.#length);
    return this;
  }

  string(value: string | Buffer): this {
    const length = Buffer.byteLength(value);
    this.uint32(length);
    const memory = this.#room(length);
    if (typeof value === 'string') memory.write(value, this.#length);
    else value.copy(memory, this.#length);
    this.#length += length;
    return this;
  }

  bytes(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }

  #room(bytes: number): Buffer {
    const needed = this.#length + bytes;
    if (needed > this.#memory.length) {
      const larger = Buffer.allocUnsafe(2 * needed);
      this.#memory.copy(larger, 0, 0, this.#length);
      this.#memory = larger;
    }
    return this.#memory;
  }
}

/** Reads the fields of a reply. Throws a RangeError where the reply is shorter than its fields say. */
export class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  uint32(): number {
    const value = this.#bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  uint64(): number {
    return Number(this.bigUint64());
  }

  bigUint64(): bigint {
    const value = this.#bytes.readBigUInt64BE(this.#at);
    this.#at += 8;
    return value;
  }

  /** The memory is that of the reply. */
  string(): Buffer {
    const length = this.uint32();
    if (length > this.left) throw new RangeError(`a field of ${length} bytes in a reply that has ${this.left} left`);
    const value = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return value;
  }
}
