import type {ByteRange} from '../stores/store.js';
import {blockCount, blockRange} from './blocks.js';

/**
 * Where each block of one file stands:
 *
 *     missing ──sent──► unproved ──hash agrees──► proved
 *        ▲                  │
 *        └──hash differs────┘
 *
 * A block of the ledger starts as unproved: what it is worth is shown by the same proof as that of a block just sent.
 */
type BlockState = 'missing' | 'sending' | 'unproved' | 'proving' | 'proved';

export interface Run {
  readonly first: number;
  /** The block after the last one. */
  readonly end: number;
}

export class BlockTable {
  readonly size: number;
  readonly blockBytes: number;
  readonly #states: BlockState[];
  readonly #digests = new Map<number, string>();
  readonly #claimed: ReadonlySet<number>;
  readonly #sent = new Set<number>();
  readonly #unproved: number[] = [];
  #missing: number[] = [];
  #left: number;
  #wake: (() => void)[] = [];

  constructor(size: number, blockBytes: number, claimed: ReadonlyMap<number, string | undefined>) {
    this.size = size;
    this.blockBytes = blockBytes;
    this.#left = blockCount(size, blockBytes);
    this.#claimed = new Set(claimed.keys());
    this.#states = Array.from({length: this.#left}, (_, block) => (claimed.has(block) ? 'unproved' : 'missing'));
    for (let block = 0; block < this.#left; block++) {
      const digest = claimed.get(block);
      if (digest !== undefined) this.#digests.set(block, digest);
      if (claimed.has(block)) this.#unproved.push(block);
      else this.#missing.push(block);
    }
  }

  get allProved(): boolean {
    return this.#left === 0;
  }

  /** Whether the block came from an earlier attempt, whatever became of it since. */
  isClaimed(block: number): boolean {
    return this.#claimed.has(block);
  }

  wasSent(block: number): boolean {
    return this.#sent.has(block);
  }

  /** Of the source's bytes, as far as it is known. */
  digestOf(block: number): string | undefined {
    return this.#digests.get(block);
  }

  /** The digest of a block that was entered without one. */
  learned(block: number, digest: string): void {
    this.#digests.set(block, digest);
  }

  range(block: number): ByteRange {
    return blockRange(block, this.size, this.blockBytes);
  }

  /** Takes the next missing blocks that lie side by side. */
  takeRun(): Run | undefined {
    const first = this.#missing.shift();
    if (first === undefined) return undefined;
    let end = first + 1;
    this.#states[first] = 'sending';
    while (this.#missing[0] === end) {
      this.#missing.shift();
      this.#states[end] = 'sending';
      end++;
    }
    return {first, end};
  }

  /** Takes one missing block: `wanted` where that is one, else the first. */
  takeBlock(wanted?: number): number | undefined {
    const at = wanted === undefined ? -1 : this.#missing.indexOf(wanted);
    const [block] = this.#missing.splice(Math.max(0, at), 1);
    if (block !== undefined) this.#states[block] = 'sending';
    return block;
  }

  /** The block's bytes are acknowledged; `digest` is that of the source's bytes. */
  sent(block: number, digest: string): void {
    this.#digests.set(block, digest);
    this.#sent.add(block);
    this.#states[block] = 'unproved';
    this.#unproved.push(block);
    this.#changed();
  }

  /** The block's bytes are acknowledged and nobody is to prove them. */
  accepted(block: number, digest: string | undefined): void {
    if (digest !== undefined) this.#digests.set(block, digest);
    this.#sent.add(block);
    this.proved(block);
  }

  takeProofs(most: number): readonly number[] {
    const blocks = this.#unproved.splice(0, most);
    for (const block of blocks) this.#states[block] = 'proving';
    return blocks;
  }

  proved(block: number): void {
    this.#states[block] = 'proved';
    this.#left--;
    this.#changed();
  }

  refuted(block: number): void {
    this.#states[block] = 'missing';
    this.#missing.push(block);
    this.#missing.sort((a, b) => a - b);
    this.#changed();
  }

  /** Resolves at the next change. */
  async change(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      signal.addEventListener('abort', onAbort, {once: true});
      this.#wake.push(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
    });
  }

  #changed(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}
