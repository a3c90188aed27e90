/** Puts the fields of a request together: integers are big-endian, strings carry their length before them. */
export class FieldWriter {
  readonly #parts: Buffer[] = [];
  #length = 0;

  byte(value: number): this {
    return this.#add(Buffer.of(value));
  }

  uint32(value: number): this {
    const field = Buffer.allocUnsafe(4);
    field.writeUInt32BE(value);
    return this.#add(field);
  }

  uint64(value: number): this {
    const field = Buffer.allocUnsafe(8);
    field.writeBigUInt64BE(BigInt(value));
    return this.#add(field);
  }

  string(value: string | Buffer): this {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    return this.uint32(bytes.length).#add(bytes);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts, this.#length);
  }

  #add(part: Buffer): this {
    this.#parts.push(part);
    this.#length += part.length;
    return this;
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
