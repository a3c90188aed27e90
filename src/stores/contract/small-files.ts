import {describe, expect, test} from 'vitest';
import type {SmallFile} from '../store.js';
import {patterned, type Subject, sha256} from './subject.js';

export function describeSmallFiles(subject: Subject): void {
  describe('putFiles', () => {
    const smallFile = (name: string, content: Uint8Array, more: Partial<SmallFile> = {}): SmallFile => ({
      destination: subject.at(name),
      partial: subject.at('partials', name.replaceAll('/', '_')),
      content,
      sha256: sha256(content),
      ifExists: 'replace',
      ...more,
    });

    test('publishes many with parents, modes and times, and answers in order', async () => {
      const files = Array.from({length: 150}, (_, index) =>
        smallFile(`${index % 7}/file ${index}`, patterned(index * 11, index), {
          mode: 0o640,
          modifiedAt: 1_500_000_000_000,
        }),
      );
      await subject.store.makeDirectory(subject.at('partials'));
      const results = await subject.store.putFiles(files);
      expect(results.map((result) => result.outcome)).toEqual(files.map(() => 'published'));
      for (const [index, {content}] of files.entries()) {
        const name = `${index % 7}/file ${index}`;
        expect(await subject.contentOf(name)).toBe(Buffer.from(content).toString('latin1'));
        const entry = await subject.store.stat(subject.at(name));
        if (subject.store.properties.modes) expect(entry?.mode).toBe(0o640);
        if (subject.store.properties.modificationTimes) expect(entry?.modifiedAt).toBe(1_500_000_000_000);
      }
    });

    test('answers a call without files', async () => {
      expect(await subject.store.putFiles([])).toEqual([]);
    });

    test('lets one file fail alone', async () => {
      await subject.store.makeDirectory(subject.at('taken', 'by a directory'));
      await subject.store.putObject(subject.at('a file'), Buffer.from('x'));
      await subject.store.putObject(subject.at('kept'), Buffer.from('first'));
      const content = Buffer.from('content');
      const results = await subject.store.putFiles([
        smallFile('one', content),
        smallFile('taken', content),
        smallFile('a file/below', content),
        smallFile('kept', content, {ifExists: 'keep'}),
        smallFile('two', content),
      ]);
      expect(results).toMatchObject([
        {outcome: 'published'},
        {outcome: 'failed', error: {code: 'store.is-a-directory'}},
        {outcome: 'failed', error: {code: 'store.not-a-directory'}},
        {outcome: 'failed', error: {code: 'store.already-exists'}},
        {outcome: 'published'},
      ]);
      expect(await subject.contentOf('kept')).toBe('first');
      expect(await subject.contentOf('two')).toBe('content');
      subject.keepsPartials(...(await subject.partialNames()));
    });

    test('publishes nothing that does not have the digest it is said to have', async () => {
      const lying = smallFile('lying', Buffer.from('content'), {sha256: sha256(Buffer.from('other'))});
      const results = await subject.store.putFiles([lying, smallFile('honest', Buffer.from('content'))]);
      if (subject.store.properties.hashing !== 'none') {
        expect(results).toMatchObject([
          {outcome: 'failed', error: {code: 'transfer.checksum-mismatch'}},
          {outcome: 'published', verified: 'sha256'},
        ]);
        expect(await subject.store.stat(subject.at('lying'))).toBeUndefined();
      }
      subject.keepsPartials(...(await subject.partialNames()));
    });

    test('takes up what an earlier attempt left, and refuses what is longer than the file', async () => {
      const content = Buffer.from('the content');
      for (const [name, found] of [
        ['shorter', 'the'],
        ['other', 'THE CONTENT'],
        ['longer', 'the content and more'],
      ] as const) {
        const partial = await subject.openPartial(name, content.length);
        await partial.write(0, Buffer.from(found));
        await partial.close();
      }
      const results = await subject.store.putFiles(
        ['shorter', 'other', 'longer'].map((name) => smallFile(name, content)),
      );
      if (subject.store.properties.wholeObjects === true) {
        // Nothing is written beside: what lies there is none of its business.
        expect(results.map((result) => result.outcome)).toEqual(['published', 'published', 'published']);
        expect(await subject.contentOf('longer')).toBe('the content');
        subject.keepsPartials('longer', 'other', 'shorter');
        return;
      }
      expect(results.map((result) => result.outcome)).toEqual(['published', 'published', 'failed']);
      expect(await subject.contentOf('shorter')).toBe('the content');
      expect(await subject.contentOf('other')).toBe('the content');
      expect(await subject.store.stat(subject.at('longer'))).toBeUndefined();
      subject.keepsPartials('longer');
    });

    test('may run twice at once', async () => {
      const files = Array.from({length: 40}, (_, index) => smallFile(`file ${index}`, patterned(5000, index)));
      await subject.store.makeDirectory(subject.at('partials'));
      const both = await Promise.all([subject.store.putFiles(files), subject.store.putFiles(files)]);
      for (const [index, {content}] of files.entries()) {
        expect(await subject.contentOf(`file ${index}`)).toBe(Buffer.from(content).toString('latin1'));
        for (const result of [both[0][index], both[1][index]]) {
          if (result?.outcome === 'failed') expect(result.error).toMatchObject({code: 'transfer.partial-consumed'});
        }
        expect([both[0][index]?.outcome, both[1][index]?.outcome]).toContain('published');
      }
    });
  });
}
