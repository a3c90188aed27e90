import {describe, expect, test} from 'vitest';
import type {Subject} from './subject.js';

export function describeRemoval(subject: Subject): void {
  describe('remove and removeTree', () => {
    test('remove files and empty directories, and nothing that is not there', async () => {
      const {store} = subject;
      await subject.putFile('file', Buffer.from('x'));
      await store.makeDirectory(subject.at('full', 'below'));
      await store.remove(subject.at('file'));
      await expect(store.remove(subject.at('full'))).rejects.toMatchObject({code: 'store.not-empty'});
      await store.remove(subject.at('full', 'below'));
      await store.remove(subject.at('full'));
      await store.remove(subject.at('missing'));
      await store.remove(subject.at('missing', 'below'));
      expect(await subject.namesIn()).toEqual(['partials']);
    });

    test('remove a whole tree, closed directories too, and nothing beside it', async () => {
      const {store} = subject;
      await subject.store.putObject(subject.at('tree', 'a', 'b', 'file'), Buffer.from('x'));
      await subject.store.putObject(subject.at('tree', 'closed', 'file'), Buffer.from('x'));
      await subject.store.putObject(subject.at('treehouse'), Buffer.from('x'));
      await store.setAttributes(subject.at('tree', 'closed'), {mode: 0});
      await store.setAttributes(subject.at('tree', 'a', 'b'), {mode: 0o500});
      await store.removeTree(subject.at('tree'));
      expect(await subject.namesIn()).toEqual(['treehouse']);
      await store.removeTree(subject.at('tree'));
      await store.removeTree(subject.at('missing', 'below'));
      await store.removeTree(subject.at('treehouse'));
      expect(await subject.namesIn()).toEqual([]);
    });

    test('remove a tree that another attempt removes at the same time', async () => {
      const names = Array.from({length: 60}, (_, index) => `tree/${index % 6}/${index}`);
      for (const name of names) await subject.store.makeDirectory(subject.at(...name.split('/')));
      await Promise.all([subject.store.removeTree(subject.at('tree')), subject.store.removeTree(subject.at('tree'))]);
      expect(await subject.namesIn()).toEqual([]);
    });

    test('refuse the root', async () => {
      await expect(subject.store.removeTree('')).rejects.toMatchObject({code: 'name.outside-root'});
      await expect(subject.store.remove('')).rejects.toMatchObject({code: 'name.outside-root'});
      await expect(subject.store.rename('', subject.at('x'), {overwrite: true})).rejects.toMatchObject({
        code: 'name.outside-root',
      });
      expect(await subject.namesIn()).toEqual([]);
    });
  });
}
