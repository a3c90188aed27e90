import {readFile} from 'node:fs/promises';
import fastGlob from 'fast-glob';
import {decodeSlot, SLOT_BYTES} from '../src/transfer/ledger-record.js';

/** Blocks that a ledger says have arrived: what a successor needs not send again. */
export function blocksIn(ledger: Uint8Array): number {
  let blocks = 0;
  for (let slot = 1; slot * SLOT_BYTES < ledger.length; slot += 1) {
    if (/^\d{12} /.test(decodeSlot(ledger, slot) ?? '')) blocks += 1;
  }
  return blocks;
}

/** Those of the ledgers in a directory of this machine, or of what `pattern` names below it; 0 where it is not there. */
export async function enteredBlocks(directory: string, pattern = '*.ledger'): Promise<number> {
  let blocks = 0;
  for (const path of await fastGlob(pattern, {cwd: directory, dot: true, absolute: true})) {
    // It may go meanwhile.
    blocks += blocksIn(await readFile(path).catch(() => Buffer.alloc(0)));
  }
  return blocks;
}
