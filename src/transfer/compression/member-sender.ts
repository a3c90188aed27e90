import {createChunkHasher} from '../../hashing/chunk-hasher.js';
import {giveBackChunk} from '../../hashing/chunk-memory.js';
import {digestOf} from '../../hashing/digest-of.js';
import {Holds} from '../../hashing/holds.js';
import type {PartialFile, SourceFile} from '../../stores/store.js';
import {ByteWindow} from '../byte-window.js';
import type {Run} from '../block-table.js';
import {readAhead} from '../read-ahead.js';
import {WritesUnderWay} from '../writes-under-way.js';
import {type AssembledBlock, BlockAssembler} from './block-assembler.js';
import {checkOf, type Layout} from './layout.js';
import {compressMember, MEMBER_BYTES} from './member.js';

export interface MemberSenderOptions {
  readonly source: SourceFile;
  /** Bytes of one read of the source. */
  readonly readBytes: number;
  readonly size: number;
  readonly partial: PartialFile;
  readonly layout: Layout;
  readonly isProved: (block: number) => boolean;
  readonly signal: AbortSignal;
  /** Throws where this attempt has to stop writing. */
  readonly fence: () => void;
  readonly onHashed: (member: number, sha256: string) => void;
  readonly onBlock: (block: number, sha256: string) => void;
  /** Every block that holds something of the member is acknowledged. */
  readonly onMember: (member: number) => void;
}

/** Members of one file that are compressed, or wait for the one before. */
const MEMBERS_AT_ONCE = 3;

/** Blocks of one file that wait for their digest or are under way. */
const BLOCKS_AT_ONCE = 2;

/**
 * Of libuv's threads, which the file system and look-ups of names need too, compression takes half, for all files
 * together.
 */
const COMPRESSED_AT_ONCE = Math.max(1, Math.floor((Number(process.env['UV_THREADPOOL_SIZE']) || 4) / 2));
const compressing = new ByteWindow(() => COMPRESSED_AT_ONCE);

interface Compressed {
  readonly member: number;
  readonly bytes: Buffer;
}

/** Reads, compresses and sends what the destination lacks. Holds some 40 MiB of a file, whatever its size. */
export class MemberSender {
  readonly #options: MemberSenderOptions;
  readonly #writes: WritesUnderWay;
  readonly #waiting = new Map<number, Set<number>>();

  constructor(options: MemberSenderOptions) {
    this.#options = options;
    this.#writes = new WritesUnderWay(() => BLOCKS_AT_ONCE * options.layout.blockBytes);
  }

  /** One pass over the members of which a block is not proved. Answers with the digest of the whole original where it read all of it. */
  async send(): Promise<string | undefined> {
    const {layout, isProved} = this.#options;
    const assembler = new BlockAssembler(layout.blockBytes, (block) => !isProved(block));
    let whole: string | undefined;
    for (const run of this.#missing()) whole = await this.#sendRun(run, assembler);
    const {index} = layout;
    if (index !== undefined) await this.#writeAll(assembler.add(index.offset, index.bytes));
    await this.#writeAll(assembler.rest());
    return whole;
  }

  /** Resolves when no write is under way any more; rejects where one failed. */
  settled(): Promise<void> {
    return this.#writes.settled();
  }

  fail(error: unknown): void {
    this.#writes.fail(error);
  }

  /** As it stands now: what is sent meanwhile is not sent a second time in the same pass. */
  #missing(): readonly Run[] {
    const {layout, isProved} = this.#options;
    const runs: {first: number; end: number}[] = [];
    for (let member = 0; member < layout.members; member++) {
      if (member < layout.known && layout.blocksOf(layout.range(member)).every(isProved)) continue;
      const last = runs.at(-1);
      if (last?.end === member) last.end++;
      else runs.push({first: member, end: member + 1});
    }
    return runs;
  }

  async #sendRun({first, end}: Run, assembler: BlockAssembler): Promise<string | undefined> {
    const {source, size, readBytes, layout, signal, onHashed} = this.#options;
    const hasher = createChunkHasher({
      blockBytes: MEMBER_BYTES,
      whole: first === 0 && end === layout.members,
      onBlock: ({offset, sha256}) => onHashed(first + offset / MEMBER_BYTES, sha256),
    });
    const underWay: Promise<Compressed>[] = [];
    try {
      const chunks = readAhead(source, {
        ...{start: first * MEMBER_BYTES, end: Math.min(end * MEMBER_BYTES, size)},
        ...{reading: {chunkBytes: MEMBER_BYTES, depth: 1, readBytes}, boundary: MEMBER_BYTES, signal},
      });
      for await (const {offset, bytes} of chunks) {
        const holds = new Holds(() => giveBackChunk(bytes));
        holds.hold();
        const next = compressed(offset / MEMBER_BYTES, bytes, holds);
        // Heard when it is taken, which may be after it has failed.
        next.catch(() => undefined);
        underWay.push(next);
        await hasher.update(bytes, holds.release);
        if (underWay.length >= MEMBERS_AT_ONCE) await this.#take(underWay.shift(), assembler);
      }
      while (underWay.length > 0) await this.#take(underWay.shift(), assembler);
      return (await hasher.finish()).whole;
    } finally {
      hasher.abandon();
      await Promise.allSettled(underWay);
    }
  }

  async #take(next: Promise<Compressed> | undefined, assembler: BlockAssembler): Promise<void> {
    if (next === undefined) return;
    const {member, bytes} = await next;
    const {layout, isProved} = this.#options;
    layout.learn(member, {length: bytes.length, check: checkOf(await digestOf(bytes))});
    const {offset} = layout.range(member);
    this.#waiting.set(member, new Set(layout.blocksOf(layout.range(member)).filter((block) => !isProved(block))));
    await this.#writeAll(assembler.add(offset, bytes));
  }

  async #writeAll(blocks: Iterable<AssembledBlock>): Promise<void> {
    for (const assembled of blocks) {
      await this.#writes.room(assembled.bytes.length);
      this.#options.signal.throwIfAborted();
      this.#writes.start(assembled.bytes.length, () => this.#write(assembled));
    }
  }

  async #write({block, bytes}: AssembledBlock): Promise<void> {
    const {partial, layout, signal, fence, onBlock, onMember} = this.#options;
    const offset = block * layout.blockBytes;
    const sha256 = await digestOf(bytes);
    // An attempt that died before it could enter the block has sent it.
    if (partial.holds?.(offset, bytes, sha256) !== true) {
      fence();
      await partial.write(offset, bytes, {signal, sha256});
    }
    giveBackChunk(bytes);
    onBlock(block, sha256);
    for (const [member, blocks] of this.#waiting) {
      if (!blocks.delete(block) || blocks.size > 0) continue;
      this.#waiting.delete(member);
      onMember(member);
    }
  }
}

async function compressed(member: number, bytes: Uint8Array, holds: Holds): Promise<Compressed> {
  await compressing.take(1);
  try {
    return {member, bytes: await compressMember(bytes)};
  } finally {
    compressing.giveBack(1);
    holds.release();
  }
}
