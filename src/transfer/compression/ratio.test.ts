import {execFileSync} from 'node:child_process';
import {stat} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {generateText} from '../testing/texts.js';
import {PARTIALS, TwoStores} from '../testing/two-stores.js';
import {compressFile} from './compress-file.js';

test('100 MB of what a training prints take up less than a tenth', async () => {
  await using stores = await TwoStores.create();
  const path = join(stores.source, 'train.log');
  await generateText(path, 'training', 100_000_000);
  const file = {...(await stores.plan('train.log')), compressAs: 'train.log.gz'};
  const outcome = await compressFile({
    ...{from: stores.from, to: stores.to, source: file.name, destination: file.compressAs, file},
    ...{partials: PARTIALS, owner: 'test', ifExists: 'keep', signal: new AbortController().signal},
  });
  expect(outcome).toMatchObject({outcome: 'copied', verified: 'sha256', size: 100_000_000});
  const there = join(stores.destination, file.compressAs);
  expect((await stat(there)).size).toBeLessThan(10_000_000);
  expect(() => execFileSync('sh', ['-c', 'gunzip -c "$1" | cmp - "$2"', 'sh', there, path])).not.toThrow();
});
