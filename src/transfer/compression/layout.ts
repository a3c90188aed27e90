import type {ByteRange} from '../../stores/store.js';
import {sourceChanged} from '../changed-source.js';
import {memberCount} from './member.js';
import {encodeIndex} from './member-index.js';

/** What a member became. */
export interface MadeMember {
  /** Bytes. */
  readonly length: number;
  /** The first eight hexadecimal digits of the SHA-256 of its compressed bytes: another zlib makes others. */
  readonly check: string;
}

export function checkOf(sha256: string): string {
  return sha256.slice(0, 8);
}

/** Where the members of one file lie in its compressed form: known from the first one on, as far as they were made. */
export class Layout {
  readonly members: number;
  readonly blockBytes: number;
  readonly #size: number;
  readonly #offsets: number[] = [0];
  readonly #checks: string[] = [];
  #index: Buffer | undefined;

  /** `made` are the first members, as an earlier attempt entered them. */
  constructor(size: number, blockBytes: number, made: readonly MadeMember[]) {
    this.#size = size;
    this.members = memberCount(size);
    this.blockBytes = blockBytes;
    for (const [member, each] of made.entries()) this.learn(member, each);
  }

  /** Members of which it is known where they lie; those after them are made in order. */
  get known(): number {
    return this.#offsets.length - 1;
  }

  /**
   * Rejects with `source.changed` where the member became something else before: it was made of other bytes, or by
   * another zlib, and a block would hold the end of one and the beginning of the other.
   */
  learn(member: number, {length, check}: MadeMember): void {
    if (member < this.known) {
      const before = this.made(member);
      if (before.length !== length || before.check !== check) throw sourceChanged(before.check, check);
      return;
    }
    this.#offsets.push(this.#at(member) + length);
    this.#checks.push(check);
  }

  made(member: number): MadeMember {
    return {length: this.range(member).length, check: this.#checks[member] ?? ''};
  }

  range(member: number): ByteRange {
    const offset = this.#at(member);
    return {offset, length: this.#at(member + 1) - offset};
  }

  /** What comes after the members; undefined until the last of them is known. */
  get index(): {readonly offset: number; readonly bytes: Buffer} | undefined {
    if (this.known < this.members) return undefined;
    const lengths = this.#offsets.slice(1).map((end, member) => end - this.#at(member));
    this.#index ??= encodeIndex(lengths, this.#size);
    return {offset: this.#at(this.members), bytes: this.#index};
  }

  /** Bytes of the compressed file; undefined until the last member is known. */
  get total(): number | undefined {
    const {index} = this;
    return index && index.offset + index.bytes.length;
  }

  /** The blocks that are known to the last byte: all of them when the last member is. */
  get blocks(): number {
    const {total, blockBytes} = this;
    return total === undefined ? Math.floor(this.#at(this.known) / blockBytes) : Math.ceil(total / blockBytes);
  }

  blockRange(block: number): ByteRange {
    const offset = block * this.blockBytes;
    return {offset, length: Math.min(this.blockBytes, (this.total ?? Infinity) - offset)};
  }

  /** The blocks that hold a byte of the range. */
  blocksOf({offset, length}: ByteRange): readonly number[] {
    const first = Math.floor(offset / this.blockBytes);
    const last = Math.floor((offset + length - 1) / this.blockBytes);
    return Array.from({length: last - first + 1}, (_, index) => first + index);
  }

  /** The members that have a byte in the range; all of them have to be known. */
  membersOf({offset, length}: ByteRange): readonly number[] {
    let [first, end] = [0, this.known];
    while (first < end) {
      const middle = Math.floor((first + end) / 2);
      if (this.#at(middle + 1) <= offset) first = middle + 1;
      else end = middle;
    }
    while (end < this.known && this.#at(end) < offset + length) end++;
    return Array.from({length: end - first}, (_, index) => first + index);
  }

  #at(member: number): number {
    const offset = this.#offsets[member];
    if (offset === undefined) throw new RangeError(`member ${member} was not made yet`);
    return offset;
  }
}
