import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {link} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {diskDirectory} from '../contract/media.js';
import {collect, patterned, sha256} from '../contract/subject.js';
import {openLocalStore} from './store.js';

const SIZE = 8_000_000;
const BLOCK = 500_000;

test.each([5, 25, 60])('what a writer killed after %i ms has left is proved and taken up', async (milliseconds) => {
  const medium = await diskDirectory();
  const content = patterned(SIZE);
  const store = openLocalStore({name: 'local', root: medium.path});
  await store.putObject('source', content);
  // Another process writes the partial in small steps, as an earlier attempt would, and dies in the middle of it.
  const program = `const fs = require('node:fs');
    const content = fs.readFileSync(process.argv[1]);
    const partial = fs.openSync(process.argv[2], 'w', 0o600);
    fs.writeSync(partial, content, 0, 10007, 0);
    process.stdout.write('writing');
    for (let at = 10007; at < content.length; at += 10007) fs.writeSync(partial, content, at, Math.min(10007, content.length - at), at);
    setInterval(() => {}, 1000);`;
  const writer = spawn(process.execPath, ['-e', program, join(medium.path, 'source'), join(medium.path, 'partial')]);
  await once(writer.stdout, 'data');
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  writer.kill('SIGKILL');
  await once(writer, 'exit');

  const partial = await store.openPartial({path: 'partial', size: SIZE});
  expect(partial.foundBytes).toBeGreaterThan(0);
  const blocks = Array.from({length: SIZE / BLOCK}, (_, index) => ({offset: index * BLOCK, length: BLOCK}));
  const digests = await collect(partial.hash(blocks));
  for (const [index, {offset, length}] of blocks.entries()) {
    const block = content.subarray(offset, offset + length);
    if (digests[index] !== sha256(block)) await partial.write(offset, block);
  }
  await partial.publish({destination: 'file', ifExists: 'keep'});
  await partial.close();
  expect(sha256((await store.getObject('file', SIZE)) ?? new Uint8Array())).toBe(sha256(content));
  expect((await collect(store.list(''))).map((entry) => entry.name).sort()).toEqual(['file', 'source']);
  await medium.remove();
});

test('a publish that died between its two names is finished by the next', async () => {
  const medium = await diskDirectory();
  const store = openLocalStore({name: 'local', root: medium.path});
  for (const ifExists of ['keep', 'replace'] as const) {
    const partial = await store.openPartial({path: 'partial', size: 3});
    await partial.write(0, Buffer.from('abc'));
    await link(join(medium.path, 'partial'), join(medium.path, 'file'));
    expect(await partial.publish({destination: 'file', ifExists})).toMatchObject({size: 3});
    await partial.close();
    expect((await collect(store.list(''))).map((entry) => entry.name)).toEqual(['file']);
    await store.remove('file');
  }
  await medium.remove();
});
