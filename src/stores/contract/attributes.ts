import {describe, expect, test} from 'vitest';
import type {Subject} from './subject.js';

export function describeAttributes(subject: Subject): void {
  describe('makeDirectory, setAttributes and rename', () => {
    test('make a directory with its parents, and leave one that exists as it is', async () => {
      const {store} = subject;
      await store.makeDirectory(subject.at('a', 'b', 'c'), {mode: 0o700});
      if (store.properties.modes) expect((await store.stat(subject.at('a', 'b', 'c')))?.mode).toBe(0o700);
      await subject.putFile('a/b/c/file', Buffer.from('x'));
      await store.makeDirectory(subject.at('a', 'b', 'c'), {mode: 0o755});
      if (store.properties.modes) expect((await store.stat(subject.at('a', 'b', 'c')))?.mode).toBe(0o700);
      expect(await subject.namesIn('a', 'b', 'c')).toEqual(['file']);
      await Promise.all(Array.from({length: 8}, () => store.makeDirectory(subject.at('x', 'y', 'z'))));
      expect(await subject.namesIn('x', 'y')).toEqual(['z']);
    });

    test('refuse a directory where a file is', async () => {
      await subject.putFile('file', Buffer.from('x'));
      const making = ['file', 'file/below'].map((name) => subject.store.makeDirectory(subject.at(...name.split('/'))));
      for (const outcome of await Promise.allSettled(making)) {
        expect(outcome).toMatchObject({status: 'rejected', reason: {code: 'store.not-a-directory'}});
      }
      expect(await subject.contentOf('file')).toBe('x');
    });

    test('set mode and time of files and directories, and leave alone what is left out', async () => {
      const {store} = subject;
      const {modes, modificationTimes, timeResolutionMs} = store.properties;
      await subject.putFile('file', Buffer.from('x'), {mode: 0o600, modifiedAt: 1_000_000_000_000});
      await store.makeDirectory(subject.at('directory'));
      for (const name of ['file', 'directory']) {
        for (const modifiedAt of [1_700_000_000_000, 1_700_000_000_001, 1_699_999_999_999, 0, 4_102_444_800_000]) {
          await store.setAttributes(subject.at(name), {modifiedAt});
          const expected = Math.floor(modifiedAt / timeResolutionMs) * timeResolutionMs;
          if (modificationTimes) expect((await store.stat(subject.at(name)))?.modifiedAt).toBe(expected);
        }
        await store.setAttributes(subject.at(name), {modifiedAt: 1_700_000_000_000});
        for (const mode of [0o400, 0o777, 0o1755]) {
          await store.setAttributes(subject.at(name), {mode});
          if (modes) expect((await store.stat(subject.at(name)))?.mode).toBe(mode);
        }
        if (modificationTimes) expect((await store.stat(subject.at(name)))?.modifiedAt).toBe(1_700_000_000_000);
      }
      await expect(store.setAttributes(subject.at('missing'), {mode: 0o600})).rejects.toMatchObject({
        code: 'store.not-found',
      });
    });

    test('rename in one step, over what exists only when told so', async () => {
      const {store} = subject;
      await subject.putFile('one', Buffer.from('1'));
      await subject.putFile('two', Buffer.from('2'));
      const kept = store.rename(subject.at('one'), subject.at('two'), {overwrite: false});
      await expect(kept).rejects.toMatchObject({code: 'store.already-exists'});
      expect([await subject.contentOf('one'), await subject.contentOf('two')]).toEqual(['1', '2']);
      await store.rename(subject.at('one'), subject.at('two'), {overwrite: true});
      expect([await subject.contentOf('one'), await subject.contentOf('two')]).toEqual([undefined, '1']);
      await store.makeDirectory(subject.at('directory', 'below'));
      await store.rename(subject.at('directory'), subject.at('moved'), {overwrite: false});
      expect(await subject.namesIn('moved')).toEqual(['below']);
      // A store that copies and then removes has to see by itself that both are one.
      await store.rename(subject.at('two'), subject.at('two'), {overwrite: true}).catch(() => undefined);
      await store.rename(subject.at('moved'), subject.at('moved'), {overwrite: true}).catch(() => undefined);
      expect([await subject.contentOf('two'), await subject.namesIn('moved')]).toEqual(['1', ['below']]);
      await subject.putFile('full/file', Buffer.from('3'));
      const over = store.rename(subject.at('moved'), subject.at('full'), {overwrite: true});
      await expect(over).rejects.toThrow();
      const into = store.rename(subject.at('full'), subject.at('full', 'inside'), {overwrite: true});
      await expect(into).rejects.toThrow();
      expect([await subject.namesIn('moved'), await subject.namesIn('full')]).toEqual([['below'], ['file']]);
      const missing = store.rename(subject.at('missing'), subject.at('anything'), {overwrite: true});
      await expect(missing).rejects.toMatchObject({code: 'store.not-found'});
    });
  });
}
