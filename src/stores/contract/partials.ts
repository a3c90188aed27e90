import {describe, expect, test} from 'vitest';
import {collect, patterned, type Subject, sha256} from './subject.js';

export function describePartials(subject: Subject): void {
  describe('a partial', () => {
    const size = 700_000;
    const content = patterned(size);

    test('is private and empty when it is new', async () => {
      const partial = await subject.openPartial('new', size);
      expect(partial.foundBytes).toBe(0);
      await partial.close();
      const entry = await subject.store.stat(subject.at('partials', 'new'));
      expect(entry).toMatchObject({kind: 'file', size: 0});
      if (subject.store.properties.modes) expect(entry?.mode).toBe(0o600);
      subject.keepsPartials('new');
    });

    test('takes chunks in any order and several at once', async () => {
      const partial = await subject.openPartial('shuffled', size);
      const offsets = Array.from({length: 7}, (_, index) => ((index * 3) % 7) * 100_000);
      await Promise.all(offsets.map((offset) => partial.write(offset, content.subarray(offset, offset + 100_000))));
      await partial.sync();
      await partial.publish({destination: subject.at('file'), ifExists: 'keep'});
      await partial.close();
      expect(await subject.contentOf('file')).toBe(content.toString('latin1'));
    });

    test('keeps what it holds when it is opened again, and says how much that is', async () => {
      const first = await subject.openPartial('resumed', size);
      await first.write(0, content.subarray(0, 300_000));
      await first.close();
      const second = await subject.openPartial('resumed', size);
      expect(second.foundBytes).toBe(300_000);
      const [proved] = await collect(second.hash([{offset: 0, length: 300_000}]));
      if (subject.store.properties.hashing !== 'none') expect(proved).toBe(sha256(content.subarray(0, 300_000)));
      await second.write(300_000, content.subarray(300_000));
      await second.publish({destination: subject.at('file'), ifExists: 'keep'});
      await second.close();
      expect(await subject.contentOf('file')).toBe(content.toString('latin1'));
    });

    test('ends below the size that it was opened with where that was a bound, at what publish says', async () => {
      const partial = await subject.openPartial('bounded', 2 * size, {atMost: true});
      await partial.write(0, content);
      const publish = (bytes: number): Promise<unknown> =>
        partial.publish({destination: subject.at('file'), ifExists: 'keep', size: bytes});
      await expect(publish(size + 1)).rejects.toMatchObject({code: 'transfer.checksum-mismatch', expected: size + 1});
      await publish(size);
      await partial.close();
      expect(await subject.contentOf('file')).toBe(content.toString('latin1'));
    });

    test('hashes each range where the bytes lie, a short one as undefined', async () => {
      const partial = await subject.openPartial('hashed', size);
      await partial.write(0, content);
      const ranges = [
        {offset: 0, length: size},
        {offset: 500_000, length: 200_000},
        {offset: 1, length: 1},
        {offset: 600_000, length: 100_001},
        {offset: 800_000, length: 5},
        {offset: 0, length: 65_536},
      ];
      const digests = await collect(partial.hash(ranges));
      await partial.close();
      subject.keepsPartials('hashed');
      if (subject.store.properties.hashing === 'none') return;
      expect(digests).toEqual(
        ranges.map(({offset, length}) =>
          offset + length > size ? undefined : sha256(content.subarray(offset, offset + length)),
        ),
      );
    });

    test('hashes what is there so far, although more is written meanwhile', async () => {
      const length = subject.store.properties.partBytes?.(1) ?? 1_000_000;
      const [first, second] = [patterned(length), patterned(length, 7)];
      const partial = await subject.openPartial('growing', 2 * length);
      await partial.write(0, first);
      // A target that hashes one after the other comes to the last of them when the file has grown.
      const ranges = Array.from({length: 32}, () => ({offset: 0, length: Math.min(length, 1_000_000)}));
      const before = Array.from({length: 8}, () => collect(partial.hash(ranges)));
      const digests = collect(partial.hash([{offset: 0, length}]));
      await new Promise((resolve) => setTimeout(resolve, 50));
      await partial.write(length, second);
      if (subject.store.properties.hashing !== 'none') expect(await digests).toEqual([sha256(first)]);
      await Promise.all([...before, digests]);
      await partial.close();
      subject.keepsPartials('growing');
    });

    test('hashes nothing, and hundreds of ranges', async () => {
      const partial = await subject.openPartial('ranges', size);
      await partial.write(0, content);
      expect(await collect(partial.hash([]))).toEqual([]);
      const ranges = Array.from({length: 300}, (_, index) => ({offset: index * 2000, length: 2000}));
      const digests = await collect(partial.hash(ranges));
      await partial.close();
      subject.keepsPartials('ranges');
      if (subject.store.properties.hashing === 'none') return;
      expect(digests).toEqual(ranges.map(({offset, length}) => sha256(content.subarray(offset, offset + length))));
    });

    test('shows a flipped byte in the block that holds it and in no other', async () => {
      const first = await subject.openPartial('flipped', size);
      await first.write(0, content);
      const flipped = Buffer.from(content.subarray(250_000, 250_001).map((byte) => byte ^ 1));
      await first.write(250_000, flipped);
      await first.close();
      const second = await subject.openPartial('flipped', size);
      const blocks = Array.from({length: 7}, (_, index) => ({offset: index * 100_000, length: 100_000}));
      const digests = await collect(second.hash(blocks));
      await second.close();
      subject.keepsPartials('flipped');
      if (subject.store.properties.hashing === 'none') return;
      const wrong = blocks.filter(
        ({offset, length}, index) => digests[index] !== sha256(content.subarray(offset, offset + length)),
      );
      expect(wrong).toEqual([{offset: 200_000, length: 100_000}]);
    });

    test('shows the hole that a torn write has left', async () => {
      const first = await subject.openPartial('torn', size);
      await first.write(0, content.subarray(0, 100_000));
      await first.write(200_000, content.subarray(200_000, 250_000));
      await first.close();
      const second = await subject.openPartial('torn', size);
      expect(second.foundBytes).toBe(250_000);
      const blocks = Array.from({length: 3}, (_, index) => ({offset: index * 100_000, length: 100_000}));
      const digests = await collect(second.hash(blocks));
      await second.close();
      subject.keepsPartials('torn');
      if (subject.store.properties.hashing === 'none') return;
      expect(digests).toEqual([sha256(content.subarray(0, 100_000)), sha256(Buffer.alloc(100_000)), undefined]);
    });

    test('never has its directory made', async () => {
      const {store} = subject;
      const nowhere = store.openPartial({path: subject.at('gone', 'partial'), size: 1});
      await expect(nowhere).rejects.toMatchObject({code: 'store.not-found'});
      expect(await store.stat(subject.at('gone'))).toBeUndefined();
      await store.putObject(subject.at('file'), Buffer.from('x'));
      await expect(store.openPartial({path: subject.at('file', 'partial'), size: 1})).rejects.toMatchObject({
        code: 'store.not-a-directory',
      });
    });

    test('is refused where a directory has its name', async () => {
      await subject.store.makeDirectory(subject.at('directory'));
      await expect(subject.store.openPartial({path: subject.at('directory'), size: 1})).rejects.toMatchObject({
        code: 'store.is-a-directory',
      });
    });
  });
}
