import {describe, expect, test} from 'vitest';
import {patterned, type Subject} from './subject.js';

export function describeSources(subject: Subject): void {
  describe('openSource', () => {
    const content = patterned(300_000);

    test('reads any range, several at once, and less only at the end', async () => {
      await subject.putFile('source', content);
      const source = await subject.store.openSource(subject.at('source'));
      const ranges = [
        [0, 1],
        [299_999, 1],
        [100_000, 150_000],
        [299_000, 5000],
        [300_000, 10],
        [400_000, 10],
        [7, 0],
      ] as const;
      const read = await Promise.all(ranges.map(([offset, length]) => source.read(offset, length)));
      await source.close();
      expect(read.map(hex)).toEqual(ranges.map(([offset, length]) => hex(content.subarray(offset, offset + length))));
    });

    test('gives memory that belongs to the caller', async () => {
      await subject.putFile('source', content);
      const source = await subject.store.openSource(subject.at('source'));
      const first = await source.read(0, 1000);
      first.fill(0);
      expect(hex(await source.read(0, 1000))).toBe(hex(content.subarray(0, 1000)));
      await source.close();
    });

    test('goes on with the file that it opened when another takes the name', async () => {
      await subject.putFile('source', content);
      const source = await subject.store.openSource(subject.at('source'));
      await subject.putFile('source', patterned(300_000, 99));
      // What it must not do is mix: the old bytes, or an error.
      const read = await source.read(1000, 1000).then(hex, () => 'refused');
      expect([hex(content.subarray(1000, 2000)), 'refused']).toContain(read);
      await source.close();
    });

    test('tells a change of the open file by its identity', async () => {
      await subject.putFile('source', content, {modifiedAt: 1_700_000_000_000});
      const source = await subject.store.openSource(subject.at('source'));
      expect(source.entry).toMatchObject({kind: 'file', size: 300_000});
      expect((await source.restat()).identity).toBe(source.entry.identity);
      expect((await subject.store.stat(subject.at('source')))?.identity).toBe(source.entry.identity);
      // A store of whole objects may name the bytes themselves: another time is no other content there.
      if (subject.store.properties.modificationTimes && subject.store.properties.wholeObjects !== true) {
        await subject.store.setAttributes(subject.at('source'), {modifiedAt: 1_700_000_005_000});
        expect((await source.restat()).identity).not.toBe(source.entry.identity);
      }
      await source.close();
    });

    test('reads an empty file', async () => {
      await subject.putFile('empty', Buffer.alloc(0));
      const source = await subject.store.openSource(subject.at('empty'));
      expect(source.entry.size).toBe(0);
      expect((await source.read(0, 100)).length).toBe(0);
      await source.close();
    });

    test('refuses what is missing, and directories', async () => {
      const {store} = subject;
      await expect(store.openSource(subject.at('missing'))).rejects.toMatchObject({code: 'store.not-found'});
      await expect(store.openSource(subject.at('missing', 'file'))).rejects.toMatchObject({code: 'store.not-found'});
      await expect(store.openSource(subject.directory)).rejects.toMatchObject({code: 'source.special-file'});
    });
  });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
