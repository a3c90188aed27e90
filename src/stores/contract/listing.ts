import {describe, expect, test} from 'vitest';
import {collect, type Subject} from './subject.js';

export function describeListing(subject: Subject): void {
  describe('list and stat', () => {
    test('list the entries of one directory and no more', async () => {
      await subject.putFile('file', Buffer.from('12345'), {mode: 0o640, modifiedAt: 1_600_000_000_000});
      await subject.store.makeDirectory(subject.at('directory', 'below'));
      await subject.putFile('.hidden', Buffer.alloc(0));
      await subject.store.remove(subject.at('partials'));
      const entries = await subject.list();
      expect(entries.map(({name, kind, size}) => ({name, kind, size})).sort(byName)).toEqual([
        {name: '.hidden', kind: 'file', size: 0},
        {name: 'directory', kind: 'directory', size: 0},
        {name: 'file', kind: 'file', size: 5},
      ]);
      for (const {name, ...entry} of entries) expect(await subject.store.stat(subject.at(name))).toEqual(entry);
    });

    test('list an empty directory as nothing, and the root as a directory', async () => {
      expect(await subject.list()).toEqual([]);
      expect(await subject.store.stat('')).toMatchObject({kind: 'directory'});
      expect((await collect(subject.store.list(''))).map((entry) => entry.name)).toEqual([subject.directory]);
    });

    test('list a thousand entries once each', async () => {
      const names = Array.from({length: 1000}, (_, index) => `entry-${index}`).sort();
      const results = await subject.store.putFiles(
        names.map((name) => ({
          destination: subject.at(name),
          partial: subject.at(`.${name}`),
          content: new Uint8Array(),
          sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
          ifExists: 'replace' as const,
        })),
      );
      expect(results.filter((result) => result.outcome === 'failed')).toEqual([]);
      expect(await subject.namesIn()).toEqual(names);
    });

    test('can be left half-way', async () => {
      await subject.store.makeDirectory(subject.at('a'));
      await subject.store.makeDirectory(subject.at('b'));
      for await (const entry of subject.store.list(subject.directory)) {
        expect(['a', 'b']).toContain(entry.name);
        break;
      }
      expect(await subject.namesIn()).toEqual(['a', 'b']);
    });

    test('refuse a directory that is not there or none', async () => {
      await subject.putFile('file', Buffer.from('x'));
      await expect(subject.list('missing')).rejects.toMatchObject({code: 'store.not-found'});
      await expect(subject.list('file')).rejects.toMatchObject({code: 'store.not-a-directory'});
    });

    test('answer undefined for what is not there', async () => {
      await subject.putFile('file', Buffer.from('x'));
      expect(await subject.store.stat(subject.at('missing'))).toBeUndefined();
      expect(await subject.store.stat(subject.at('missing', 'below'))).toBeUndefined();
      expect(await subject.store.stat(subject.at('file', 'below'))).toBeUndefined();
    });
  });
}

function byName(a: {name: string}, b: {name: string}): number {
  return a.name < b.name ? -1 : 1;
}
