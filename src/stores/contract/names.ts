import {writeFile} from 'node:fs/promises';
import {describe, expect, test} from 'vitest';
import {
  carriedNames as allCarriedNames,
  carriedPaths as shortPaths,
  controlCharacters,
  longPath,
  refusedNames as refusedEverywhere,
  spacedDots,
  unrepresentableNames,
} from './hostile-names.js';
import type {Lack} from './place.js';
import {collect, type Subject, sha256} from './subject.js';

export function describeHostileNames(subject: Subject, lacks: readonly Lack[]): void {
  const has = (lack: Lack): boolean => !lacks.includes(lack);
  const notCarried = [
    ...(has('controlCharacters') ? [] : controlCharacters),
    ...(has('spacedDots') ? [] : spacedDots),
    ...(has('longPaths') ? [] : [longPath]),
  ];
  const carriedNames = allCarriedNames.filter((name) => !notCarried.includes(name));
  const carriedPaths = [...shortPaths, longPath].filter((path) => !notCarried.includes(path));
  const refusedNames = [
    ...refusedEverywhere,
    ...notCarried.map((name) => ({...name, code: 'name.not-carried' as const})),
  ];
  describe('names', () => {
    test.each(carriedNames)('carries $title exactly', async ({name}) => {
      const content = Buffer.from(name);
      await subject.putFile(name, content);
      await subject.store.remove(subject.at('partials'));
      expect(await subject.namesIn()).toEqual([name]);
      expect(await subject.store.stat(subject.at(name))).toMatchObject({kind: 'file', size: content.length});
      const source = await subject.store.openSource(subject.at(name));
      expect(Buffer.from(await source.read(0, 4096))).toEqual(content);
      await source.close();
      await subject.store.rename(subject.at(name), subject.at('renamed'), {overwrite: false});
      await subject.store.rename(subject.at('renamed'), subject.at(name), {overwrite: false});
      await subject.store.remove(subject.at(name));
      const making = subject.store.makeDirectory(subject.at(name));
      if (!has('longDirectoryNames') && Buffer.byteLength(name) > 246) {
        await expect(making).rejects.toMatchObject({code: 'name.not-carried'});
        return;
      }
      await making;
      expect(await subject.namesIn(name)).toEqual([]);
    });

    test('keeps all of them apart in one directory', async () => {
      const files = carriedNames.map(({name}, index) => ({
        destination: subject.at(name),
        partial: subject.at(`partial-${index}`),
        content: Buffer.from(name),
        sha256: sha256(Buffer.from(name)),
        ifExists: 'keep' as const,
      }));
      const results = await subject.store.putFiles(files);
      expect(results.filter((result) => result.outcome === 'failed')).toEqual([]);
      expect(await subject.namesIn()).toEqual(carriedNames.map(({name}) => name).sort());
      for (const {name} of carriedNames) {
        expect(await subject.contentOf(name)).toBe(Buffer.from(name).toString('latin1'));
      }
    });

    test.each(carriedPaths)('carries a path of $title', async ({name}) => {
      await subject.store.putObject(`${subject.directory}/${name}`, Buffer.from('deep'));
      expect(await subject.contentOf(name)).toBe('deep');
    });

    test.each(refusedNames)('refuses $title everywhere', async ({name, code}) => {
      const {store} = subject;
      const refused = name.startsWith('/') ? name : `${subject.directory}/${name}`;
      const content = Buffer.from('x');
      const [file] = await store.putFiles([
        {destination: refused, partial: subject.at('p'), content, sha256: sha256(content), ifExists: 'replace'},
      ]);
      expect(file).toMatchObject({outcome: 'failed', error: {code}});
      await subject.store.remove(subject.at('p'));
      const calls: readonly (() => Promise<unknown>)[] = [
        () => store.stat(refused),
        () => collect(store.list(refused)),
        () => store.readLink(refused),
        () => store.openSource(refused),
        () => store.openPartial({path: refused, size: 1}),
        () => store.putObject(refused, content),
        () => store.getObject(refused, 10),
        () => store.makeDirectory(refused),
        () => store.makeLink(refused, 'x'),
        () => store.setAttributes(refused, {mode: 0o600}),
        () => store.rename(refused, subject.at('y'), {overwrite: true}),
        () => store.rename(subject.at('y'), refused, {overwrite: true}),
        () => store.remove(refused),
        () => store.removeTree(refused),
        () => store.freeSpace(refused),
      ];
      for (const call of calls) await expect(call(), call.toString()).rejects.toMatchObject({code});
      const partial = await subject.openPartial('unpublished', 0);
      await expect(partial.publish({destination: refused, ifExists: 'replace'})).rejects.toMatchObject({code});
      await partial.close();
      subject.keepsPartials('unpublished');
      expect(await subject.namesIn()).toEqual(['partials']);
    });

    if (!has('disk')) return;

    test.each(unrepresentableNames)('lists $title as unrepresentable', async ({bytes}) => {
      await writeFile(Buffer.concat([Buffer.from(subject.onDisk('/')), bytes]), 'x');
      await writeFile(subject.onDisk('plain'), 'y');
      const entries = await subject.list();
      expect(entries).toHaveLength(2);
      const [strange] = entries.filter((entry) => entry.unrepresentable === true);
      expect(strange?.name).toMatch(/^[^\p{Cc}]+$/u);
      expect(entries.find((entry) => entry.name === 'plain')?.unrepresentable).toBeUndefined();
    });
  });
}
