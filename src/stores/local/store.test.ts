import {createHash} from 'node:crypto';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {openLocalStore} from './store.js';

test('a file goes through', async () => {
  const root = await mkdtemp(join(tmpdir(), 'waybill-local-'));
  const store = openLocalStore({name: 'local', root});
  const content = Buffer.alloc(3_000_000, 7);
  await store.makeDirectory('a/b');
  const partial = await store.openPartial({path: 'a/b/p', size: content.length});
  await partial.write(1_000_000, content.subarray(1_000_000));
  await partial.write(0, content.subarray(0, 1_000_000));
  const digests = [];
  for await (const d of partial.hash([
    {offset: 0, length: 3_000_000},
    {offset: 2_999_999, length: 2},
  ]))
    digests.push(d);
  expect(digests).toEqual([createHash('sha256').update(content).digest('hex'), undefined]);
  const entry = await partial.publish({
    destination: 'c/d/file',
    ifExists: 'keep',
    mode: 0o640,
    modifiedAt: 1_700_000_000_123,
  });
  expect(entry).toMatchObject({kind: 'file', size: 3_000_000, mode: 0o640, modifiedAt: 1_700_000_000_123});
  expect(await store.stat('c/d/file')).toEqual(entry);
  expect(await store.stat('a/b/p')).toBeUndefined();
  await partial.close();
  await expect(store.openPartial({path: 'nowhere/p', size: 1})).rejects.toMatchObject({code: 'store.not-found'});
  await expect(store.list('x')[Symbol.asyncIterator]().next()).rejects.toMatchObject({code: 'store.not-found'});
  expect(await store.putObject('o/x', Buffer.from('x'), {ifAbsent: true})).toBe(true);
  expect(await store.putObject('o/x', Buffer.from('y'), {ifAbsent: true})).toBe(false);
  expect(Buffer.from((await store.getObject('o/x', 10)) ?? []).toString()).toBe('x');
  const results = await store.putFiles([
    {
      destination: 's/1',
      partial: 's/.1',
      content: Buffer.from('q'),
      sha256: createHash('sha256').update('q').digest('hex'),
      ifExists: 'replace',
      mode: 0o600,
    },
  ]);
  expect(results).toEqual([{outcome: 'published', verified: 'sha256'}]);
  await rm(root, {recursive: true});
});
