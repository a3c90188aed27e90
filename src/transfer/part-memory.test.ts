import {expect, it} from 'vitest';
import {PartMemory, PARTS_BYTES} from './part-memory.js';

const PART = 8 * 1024 * 1024;
const LARGEST_PART = 525 * 1024 * 1024;

const uploads: PartMemory[] = [];
function upload(): PartMemory {
  const memory = new PartMemory(new AbortController().signal);
  uploads.push(memory);
  return memory;
}

/** How many of so many parts are granted at once. */
async function granted(memory: PartMemory, count: number, bytes: number): Promise<number> {
  let found = 0;
  for (let index = 0; index < count; index++) {
    memory.take(bytes).then(
      () => (found += 1),
      () => undefined,
    );
  }
  await new Promise((resolve) => setImmediate(resolve));
  return found;
}

async function closeAll(): Promise<void> {
  for (const memory of uploads.splice(0)) {
    memory.fail(new Error('closed'));
    memory.close();
    memory.close();
  }
  await new Promise((resolve) => setImmediate(resolve));
}

it('one upload waits for its own parts beyond its share, and leaves theirs to others', async () => {
  const [one, other] = [upload(), upload()];
  expect(await granted(other, 1, PART)).toBe(1);
  expect(await granted(one, 30, PART)).toBe(PARTS_BYTES / PART / 2);
  expect(await granted(other, 5, PART)).toBe(5);
  await closeAll();
});

it('of the largest parts three are under way, and a small one waits for one of them', async () => {
  const large = upload();
  expect(await granted(large, 4, LARGEST_PART)).toBe(3);
  const small = upload();
  const taken = small.take(PART);
  expect(await granted(small, 1, PART)).toBe(0);
  large.giveBack(LARGEST_PART);
  await taken;
  await closeAll();
});

it('what fails gives back everything, also what is given back once more', async () => {
  const failed = upload();
  expect(await granted(failed, 40, PART)).toBe(PARTS_BYTES / PART);
  await closeAll();
  failed.giveBack(PART);
  expect(await granted(upload(), 40, PART)).toBe(PARTS_BYTES / PART);
  await closeAll();
});
