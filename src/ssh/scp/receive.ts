import {parseFileRecord} from './records.js';

const FINE = 0;
const NEWLINE = 10;
const LONGEST_LINE = 64 * 1024;

/** Stands before a complaint about one file, or before the last one of all. */
const GRAVITY = /^[\x01\x02]/;

/** Agreement to the beginning, and to the record and the bytes of each file: a sending `scp` reads each when it is due. */
export function agreementTo(files: number): Buffer {
  return Buffer.alloc(1 + 2 * files);
}

/** Hands what a sending `scp` gives to one file after the other. */
export function receiveInTurn(files: readonly ScpReceiver[]): (bytes: Buffer) => void {
  const turns = files.values();
  let turn = turns.next();
  return (bytes) => {
    let rest = bytes;
    while (rest.length > 0 && turn.done !== true) {
      rest = turn.value.feed(rest);
      if (turn.value.ended) turn = turns.next();
    }
  };
}

/** What comes next; after something else than the protocol nothing is taken for anything. */
type Due = 'record' | 'content' | 'verdict' | 'nothing' | 'not-known';

/** One file as a sending `scp` gives it: its record, its bytes, and whether it could read them all. */
export class ScpReceiver {
  readonly #into: Buffer;
  #due: Due = 'record';
  #line = Buffer.alloc(0);
  #size = 0;
  #received = 0;
  #complaint: string | undefined;

  /** @param into what there is room for; further bytes are counted and left out */
  constructor(into: Buffer) {
    this.#into = into;
  }

  /** Whether what follows is another file's. */
  get ended(): boolean {
    return this.#due === 'nothing';
  }

  /** What it said against it, or undefined. */
  get complaint(): string | undefined {
    return this.#complaint;
  }

  /** The bytes that were announced; 0 before that. */
  get size(): number {
    return this.#size;
  }

  /** The bytes that were kept; undefined before the file has come in full. */
  get kept(): number | undefined {
    return this.ended && this.#complaint === undefined ? Math.min(this.#size, this.#into.length) : undefined;
  }

  /** @returns what follows this file */
  feed(bytes: Buffer): Buffer {
    let rest = bytes;
    while (rest.length > 0 && !this.ended) rest = this.#take(rest);
    return rest;
  }

  #take(bytes: Buffer): Buffer {
    switch (this.#due) {
      case 'record':
        return this.#takeLine(bytes, (line) => this.#record(line));
      case 'content':
        return this.#takeContent(bytes);
      case 'verdict':
        return this.#takeVerdict(bytes);
      case 'nothing':
        return bytes;
      case 'not-known':
        return Buffer.alloc(0);
    }
  }

  #record(line: string): void {
    const parsed = parseFileRecord(line);
    if ('size' in parsed) {
      this.#size = parsed.size;
      this.#due = parsed.size === 0 ? 'verdict' : 'content';
    } else if (line.startsWith('\x01')) this.#complain(line);
    else {
      this.#complaint = parsed.wrong.replace(GRAVITY, '');
      this.#due = 'not-known';
    }
  }

  #takeContent(bytes: Buffer): Buffer {
    const content = bytes.subarray(0, this.#size - this.#received);
    content.copy(this.#into, Math.min(this.#received, this.#into.length));
    this.#received += content.length;
    if (this.#received === this.#size) this.#due = 'verdict';
    return bytes.subarray(content.length);
  }

  /** A zero follows the bytes; anything else is why they are not those of the file. */
  #takeVerdict(bytes: Buffer): Buffer {
    if (this.#line.length > 0 || bytes[0] !== FINE) return this.#takeLine(bytes, (line) => this.#complain(line));
    this.#due = 'nothing';
    return bytes.subarray(1);
  }

  #complain(line: string): void {
    this.#complaint = line.replace(GRAVITY, '');
    this.#due = 'nothing';
  }

  /** Gives a line to `take` when it has come in full, and answers what is left after it. */
  #takeLine(bytes: Buffer, take: (line: string) => void): Buffer {
    const end = bytes.indexOf(NEWLINE);
    this.#line = Buffer.concat([this.#line, end === -1 ? bytes : bytes.subarray(0, end)]);
    if (this.#line.length > LONGEST_LINE) {
      this.#complaint = 'no record of scp';
      this.#due = 'not-known';
    } else if (end !== -1) {
      const line = this.#line.toString();
      this.#line = Buffer.alloc(0);
      take(line);
    }
    return end === -1 ? Buffer.alloc(0) : bytes.subarray(end + 1);
  }
}
