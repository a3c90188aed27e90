import {open, readdir, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {Random} from '../random.js';
import type {Running} from './running.js';

/**
 * Changes unfinished files and their ledgers that lie on this disk, while nobody writes to them: turns bytes, or cuts
 * the end off. Answers what was done.
 */
export async function damage(files: string, dead: readonly Running[], seed: number): Promise<string> {
  const random = new Random(seed);
  const done: Record<string, number> = {};
  for (const {destination, plan} of dead) {
    if (plan.to !== 'disk' && plan.to !== 'ssh') continue;
    const root = join(files, destination);
    for (const name of await readdir(root, {recursive: true}).catch(() => [])) {
      const kind = /^\.waybill-transfer-[^/]+\/.*\.(partial|ledger)$/.exec(name)?.[1];
      if (kind === undefined || random.fraction() < 0.3) continue;
      const how = await change(join(root, name), random);
      if (how !== undefined) done[`${kind} ${how}`] = (done[`${kind} ${how}`] ?? 0) + 1;
    }
  }
  return Object.entries(done)
    .map(([what, count]) => `${count} × ${what}`)
    .join(', ');
}

async function change(path: string, random: Random): Promise<'cut' | 'turned' | undefined> {
  const {size, blocks} = await stat(path);
  // Bytes that take up no space were never written.
  const written = Math.min(size, blocks * 512);
  if (written === 0) return undefined;
  const file = await open(path, 'r+');
  try {
    if (random.fraction() < 0.35) {
      await file.truncate(random.whole(0, written - 1));
      return 'cut';
    }
    for (let count = random.whole(1, 4); count > 0; count -= 1) {
      const [offset, byte] = [random.whole(0, written - 1), Buffer.alloc(1)];
      await file.read(byte, 0, 1, offset);
      await file.write(Buffer.of(byte.readUInt8() ^ 0x20), 0, 1, offset);
    }
    return 'turned';
  } finally {
    await file.close();
  }
}
