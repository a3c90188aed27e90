import {type ChildProcess, spawn} from 'node:child_process';
import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import {build} from 'esbuild';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {BLOCK_BYTES} from './blocks.js';
import {moveFile} from './move-file.js';
import {seededBytes, seededRandom, sha256, TwoStores} from './testing/two-stores.js';

const SIZE = 12 * BLOCK_BYTES + 4321;
const content = seededBytes(77, SIZE);
const random = seededRandom(4242);

let program = '';
beforeAll(async () => {
  // Inside the checkout, so that what is left external is found.
  program = join(import.meta.dirname, `../../node_modules/.cache/waybill-kill-${process.pid}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, 'testing/move-one.ts')],
    ...{bundle: true, packages: 'external', platform: 'node', target: 'node20', format: 'esm', outfile: program},
  });
});
afterAll(() => rm(program, {force: true}));

/** Starts a process that moves the file, and kills it when it has told of so many bytes. */
async function killedAt(stores: TwoStores, bytes: number): Promise<number> {
  const file = await stores.plan('data.bin');
  const child: ChildProcess = spawn(process.execPath, [program, stores.root, JSON.stringify(file)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = 0;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    told = Number(text.trim().split('\n').at(-1));
    if (told >= bytes) child.kill('SIGKILL');
  });
  const ended = await new Promise<string>((resolve) => {
    child.once('exit', (status, signal) => resolve(signal ?? `status ${status}`));
  });
  expect(ended).toBe('SIGKILL');
  return told;
}

test.each(Array.from({length: 6}, () => Math.ceil(random() * SIZE * 0.9)))(
  'a process killed after %i bytes costs its successor at most what was under way',
  async (cut) => {
    await using stores = await TwoStores.create();
    const file = await stores.put('data.bin', content);
    const told = await killedAt(stores, cut);
    expect(await stores.arrived('data.bin')).toBeUndefined();
    const outcome = await moveFile(stores.options(file));
    if (outcome.outcome === 'failed') throw new Error(outcome.message);
    expect(outcome.sha256).toBe(sha256(content));
    expect(outcome.sentBytes + outcome.resumedBytes).toBe(SIZE);
    expect(told + outcome.sentBytes - SIZE).toBeLessThanOrEqual(4 * 1024 * 1024 + 2 * BLOCK_BYTES);
    expect((await stores.arrived('data.bin'))?.equals(content)).toBe(true);
  },
);
