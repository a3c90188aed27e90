import {describe, expect, test} from 'vitest';
import {patterned, type Subject} from './subject.js';

export function describeObjects(subject: Subject): void {
  describe('putObject and getObject', () => {
    test('write and read back, parents made, nothing beside it left', async () => {
      expect(await subject.store.putObject(subject.at('a', 'b', 'object'), Buffer.from('one'))).toBe(true);
      expect(await subject.contentOf('a/b/object')).toBe('one');
      expect(await subject.store.putObject(subject.at('a', 'b', 'object'), Buffer.from('second'))).toBe(true);
      expect(await subject.contentOf('a/b/object')).toBe('second');
      expect(await subject.namesIn('a', 'b')).toEqual(['object']);
    });

    test('hold nothing at all', async () => {
      await subject.store.putObject(subject.at('empty'), new Uint8Array());
      expect(await subject.contentOf('empty')).toBe('');
    });

    test('keep what is there when told so', async () => {
      expect(await subject.store.putObject(subject.at('object'), Buffer.from('one'), {ifAbsent: true})).toBe(true);
      expect(await subject.store.putObject(subject.at('object'), Buffer.from('two'), {ifAbsent: true})).toBe(false);
      expect(await subject.contentOf('object')).toBe('one');
      expect(await subject.namesIn()).toEqual(['object']);
    });

    test('let one of many win', async () => {
      const answers = await Promise.all(
        Array.from({length: 12}, (_, index) =>
          subject.store.putObject(subject.at('object'), patterned(50_000, index), {ifAbsent: true}),
        ),
      );
      expect(answers.filter((won) => won)).toHaveLength(1);
      const winner = patterned(50_000, answers.indexOf(true)).toString('latin1');
      expect(await subject.contentOf('object')).toBe(winner);
      expect(await subject.namesIn()).toEqual(['object']);
    });

    test('show a reader all of one object or all of the other', async () => {
      const contents = [patterned(200_000, 1), patterned(200_000, 2)].map((content) => content.toString('latin1'));
      const put = (seed: number): Promise<boolean> =>
        subject.store.putObject(subject.at('object'), patterned(200_000, seed));
      await put(1);
      const seen = new Set<string | undefined>();
      const writing = (async () => {
        for (let round = 0; round < 10; round += 1) await put(1 + (round % 2));
      })();
      for (let round = 0; round < 20; round += 1) seen.add(await subject.contentOf('object'));
      await writing;
      expect(contents).toEqual(expect.arrayContaining([...seen]));
    });

    test('refuse an object that is larger than asked for', async () => {
      await subject.store.putObject(subject.at('object'), patterned(101));
      await expect(subject.store.getObject(subject.at('object'), 100)).rejects.toMatchObject({code: 'store.io'});
      expect((await subject.store.getObject(subject.at('object'), 101))?.length).toBe(101);
    });

    test('answer undefined for what is not there', async () => {
      expect(await subject.store.getObject(subject.at('missing'), 10)).toBeUndefined();
      expect(await subject.store.getObject(subject.at('missing', 'below'), 10)).toBeUndefined();
    });

    test('refuse a directory', async () => {
      await subject.store.makeDirectory(subject.at('directory'));
      await expect(subject.store.getObject(subject.at('directory'), 10)).rejects.toThrow();
      await expect(subject.store.putObject(subject.at('directory'), Buffer.from('x'))).rejects.toMatchObject({
        code: 'store.is-a-directory',
      });
      expect(await subject.namesIn()).toEqual(['directory']);
    });
  });
}
