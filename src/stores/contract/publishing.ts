import {describe, expect, test} from 'vitest';
import {patterned, type Subject} from './subject.js';

export function describePublishing(subject: Subject): void {
  describe('publish', () => {
    const content = patterned(100_000);

    test('gives mode and time, makes parents, consumes the partial, and answers with the entry', async () => {
      const partial = await subject.openPartial('p', content.length);
      await partial.write(0, content);
      const destination = subject.at('new', 'parents', 'file');
      const options = {destination, ifExists: 'keep', mode: 0o751, modifiedAt: 1_234_567_890_123} as const;
      const published = await partial.publish(options);
      await partial.close();
      const {modes, modificationTimes, timeResolutionMs} = subject.store.properties;
      expect(published).toMatchObject({kind: 'file', size: content.length});
      if (modes) expect(published.mode).toBe(0o751);
      if (modificationTimes) {
        expect(published.modifiedAt).toBe(Math.floor(1_234_567_890_123 / timeResolutionMs) * timeResolutionMs);
      }
      expect(await subject.store.stat(destination)).toEqual(published);
      expect(await subject.store.stat(subject.at('partials', 'p'))).toBeUndefined();
      expect(await subject.contentOf('new/parents/file')).toBe(content.toString('latin1'));
    });

    test('publishes an empty file', async () => {
      const partial = await subject.openPartial('empty', 0);
      expect(await partial.publish({destination: subject.at('file'), ifExists: 'replace'})).toMatchObject({size: 0});
      await partial.close();
      expect(await subject.contentOf('file')).toBe('');
    });

    test.each([
      ['shorter than', content.subarray(0, 99_999)],
      ['longer than', Buffer.concat([content, Buffer.from('x')])],
      ['without any of', Buffer.alloc(0)],
    ])('refuses a partial %s the bytes it should hold, and shows no destination', async (_, written) => {
      const partial = await subject.openPartial('p', content.length);
      await partial.write(0, written);
      await expect(partial.publish({destination: subject.at('file'), ifExists: 'replace'})).rejects.toMatchObject({
        code: 'transfer.checksum-mismatch',
        expected: content.length,
        found: written.length,
      });
      await partial.close();
      expect(await subject.store.stat(subject.at('file'))).toBeUndefined();
      expect((await subject.store.stat(subject.at('partials', 'p')))?.size).toBe(written.length);
      subject.keepsPartials('p');
    });

    test('leaves the old file where the new one is refused', async () => {
      await subject.putFile('file', Buffer.from('old'));
      const partial = await subject.openPartial('p', 10);
      await partial.write(0, Buffer.from('short'));
      await expect(partial.publish({destination: subject.at('file'), ifExists: 'replace'})).rejects.toThrow();
      await partial.close();
      expect(await subject.contentOf('file')).toBe('old');
      subject.keepsPartials('p');
    });

    test('replaces or keeps as told', async () => {
      await subject.putFile('file', Buffer.from('old'));
      const partial = await subject.openPartial('p', content.length);
      await partial.write(0, content);
      await expect(partial.publish({destination: subject.at('file'), ifExists: 'keep'})).rejects.toMatchObject({
        code: 'store.already-exists',
      });
      expect(await subject.contentOf('file')).toBe('old');
      await partial.publish({destination: subject.at('file'), ifExists: 'replace'});
      await partial.close();
      expect(await subject.contentOf('file')).toBe(content.toString('latin1'));
    });

    test.each(['keep', 'replace'] as const)('refuses a directory that has the name (%s)', async (ifExists) => {
      await subject.store.makeDirectory(subject.at('directory', 'below'));
      const partial = await subject.openPartial('p', 1);
      await partial.write(0, Buffer.from('x'));
      const publishing = partial.publish({destination: subject.at('directory'), ifExists});
      await expect(publishing).rejects.toMatchObject({code: 'store.is-a-directory'});
      await partial.close();
      expect(await subject.namesIn('directory')).toEqual(['below']);
      subject.keepsPartials('p');
    });

    test('refuses a destination below a file', async () => {
      await subject.putFile('file', Buffer.from('old'));
      const partial = await subject.openPartial('p', 1);
      await partial.write(0, Buffer.from('x'));
      const publishing = partial.publish({destination: subject.at('file', 'below'), ifExists: 'replace'});
      await expect(publishing).rejects.toMatchObject({code: 'store.not-a-directory'});
      await partial.close();
      expect(await subject.contentOf('file')).toBe('old');
      subject.keepsPartials('p');
    });

    test('shows a reader the old file or the new one, whole', async () => {
      const contents = [patterned(100_000, 5), patterned(100_000, 6)];
      await subject.putFile('file', patterned(100_000, 5));
      const seen = new Set<string | undefined>();
      const publishing = (async () => {
        for (let round = 0; round < 10; round += 1) await subject.putFile('file', patterned(100_000, 5 + (round % 2)));
      })();
      for (let round = 0; round < 20; round += 1) seen.add(await subject.contentOf('file'));
      await publishing;
      if (!subject.store.properties.atomicReplace) return;
      expect(contents.map((content) => content.toString('latin1'))).toEqual(expect.arrayContaining([...seen]));
    });
  });
}
