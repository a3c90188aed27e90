import pLimit from 'p-limit';
import {joinStorePath} from '../../stores/paths.js';
import type {Store, StorePath} from '../../stores/store.js';
import {digestOf, WORTH_A_SHELL_BYTES} from '../file-digest.js';
import type {PlannedFile} from '../planned-file.js';

/**
 * Larger files that are hashed at the same time. On either side each takes a session of its host, or holds what is read
 * ahead: 40 MiB on S3.
 */
const LARGE_AT_ONCE = 4;

/** The SHA-256 of files on both sides, for one copy or check: however many it asks about at once. */
export class Comparison {
  readonly #large = pLimit(LARGE_AT_ONCE);

  constructor(
    private readonly from: Store,
    private readonly to: Store,
    private readonly toRoot: StorePath,
  ) {}

  /** Of files that have the size that was planned: at the source, and at the destination. */
  async digests(file: PlannedFile, signal: AbortSignal): Promise<readonly [source: string, destination: string]> {
    const {name, size, source = name} = file;
    const read = () =>
      Promise.all([
        digestOf(this.from, source, size, signal),
        digestOf(this.to, joinStorePath(this.toRoot, name), size, signal),
      ]);
    if (size < WORTH_A_SHELL_BYTES) return await read();
    return await this.#large(async () => {
      signal.throwIfAborted();
      return await read();
    });
  }
}
