import {readdir, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {partialsRoot} from '../../src/artifacts/keys.js';
import {workspacePaths} from '../../src/execution/workspace.js';
import {enteredBlocks} from '../ledgers.js';
import type {TestStack} from './stack.js';

export type Direction = 'stage' | 'collect';

/** What a direction has under way, seen where the files lie: both targets are on this machine. */
export interface Unfinished {
  readonly files: number;
  /** Bytes that take up space. */
  readonly bytes: number;
  /** Blocks that arrived and are in a ledger: what a successor needs not send again. */
  readonly blocks: number;
  /** Of the last byte that was written, in milliseconds since 1970. */
  readonly modifiedAt: number;
}

export async function unfinished(
  stack: Pick<TestStack, 'workspaceRoot' | 'storeRoot'>,
  target: string,
  executionId: string,
  direction: Direction,
): Promise<Unfinished> {
  const staging = workspacePaths({root: '', executionId, generation: 1}).staging;
  const directory =
    direction === 'stage'
      ? join(stack.workspaceRoot(target), staging)
      : join(stack.storeRoot, partialsRoot(executionId));
  const found = {files: 0, bytes: 0, blocks: await enteredBlocks(directory), modifiedAt: 0};
  for (const name of await readdir(directory).catch(() => [])) {
    const path = join(directory, name);
    if (!name.endsWith('.partial')) continue;
    // It may have become the finished file meanwhile.
    const entry = await stat(path).catch(() => undefined);
    if (!entry) continue;
    found.files += 1;
    found.bytes += entry.blocks * 512;
    found.modifiedAt = Math.max(found.modifiedAt, entry.mtimeMs);
  }
  return found;
}

/** Resolves when so many blocks have arrived of what is not finished; rejects where `ended` resolves before. */
export async function arrived(look: () => Promise<Unfinished>, blocks: number, ended: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const settle = () => over.abort();
  ended.then(settle, settle);
  for (;;) {
    if ((await look()).blocks >= blocks) return;
    if (over.signal.aborted) throw new Error(`it ended before ${blocks} blocks were seen under way`);
    await delay(3);
  }
}
