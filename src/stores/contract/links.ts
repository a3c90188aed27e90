import {describe, expect, test} from 'vitest';
import {collect, type Subject} from './subject.js';

export function describeLinks(subject: Subject): void {
  describe('links', () => {
    test('are kept as they are written, and described themselves', async () => {
      const {store} = subject;
      await subject.putFile('file', Buffer.from('content'));
      for (const [name, target] of [
        ['link', 'file'],
        ['dangling', 'not there'],
        ['odd', './/file'],
        ['new\nline', "it's $(x)\n"],
      ] as const) {
        await store.makeLink(subject.at(name), target);
        expect(await store.readLink(subject.at(name))).toBe(target);
        expect(await store.stat(subject.at(name))).toMatchObject({kind: 'link', size: 0});
      }
      expect((await subject.list()).filter((entry) => entry.kind === 'link')).toHaveLength(4);
      await expect(store.openSource(subject.at('link'))).rejects.toMatchObject({code: 'source.special-file'});
      await expect(store.openPartial({path: subject.at('link'), size: 1})).rejects.toThrow();
      await expect(store.openPartial({path: subject.at('dangling'), size: 1})).rejects.toThrow();
      expect(await store.stat(subject.at('not there'))).toBeUndefined();
      await expect(store.setAttributes(subject.at('link'), {mode: 0o777})).rejects.toMatchObject({
        code: 'store.unsupported',
      });
      await store.remove(subject.at('link'));
      expect(await subject.contentOf('file')).toBe('content');
    });

    test('may be made twice, but take no name that is taken', async () => {
      const {store} = subject;
      await subject.putFile('file', Buffer.from('content'));
      await store.makeLink(subject.at('link'), 'file');
      await store.makeLink(subject.at('link'), 'file');
      const taken = {code: 'store.already-exists'};
      await expect(store.makeLink(subject.at('link'), 'other')).rejects.toMatchObject(taken);
      await expect(store.makeLink(subject.at('file'), 'link')).rejects.toMatchObject(taken);
      expect(await store.readLink(subject.at('link'))).toBe('file');
    });

    test.each(['/etc/passwd', '../../outside', 'a/../../../outside', '..//..//outside', '/'])(
      'to %s leave the root and are refused',
      async (target) => {
        const making = subject.store.makeLink(subject.at('link'), target);
        await expect(making).rejects.toMatchObject({code: 'link.leaves-root'});
        expect(await subject.namesIn()).toEqual([]);
      },
    );

    test('are refused where another link makes their target leave the root', async () => {
      const {store} = subject;
      await store.makeDirectory(subject.at('a', 'b'));
      // `down/..` is this directory when read as text, and the root's parent's neighbour when followed.
      await store.makeLink(subject.at('a', 'b', 'up'), '../..');
      await store.makeLink(subject.at('a', 'b', 'fine'), 'up/a');
      const making = store.makeLink(subject.at('a', 'b', 'bad'), 'up/../../outside');
      await expect(making).rejects.toMatchObject({code: 'link.leaves-root'});
      expect(await subject.namesIn('a', 'b')).toEqual(['fine', 'up']);
    });

    test('within the root are followed on the way to a file', async () => {
      const {store} = subject;
      await store.makeDirectory(subject.at('real'));
      await store.makeLink(subject.at('alias'), 'real');
      await store.putObject(subject.at('alias', 'deep', 'file'), Buffer.from('content'));
      expect(await subject.contentOf('real/deep/file')).toBe('content');
    });

    test('in circles end with an error and are removed like others', async () => {
      const {store} = subject;
      await store.makeLink(subject.at('a'), 'b');
      await store.makeLink(subject.at('b'), 'a');
      await store.makeLink(subject.at('self'), 'self');
      expect(await subject.namesIn()).toEqual(['a', 'b', 'self']);
      await expect(store.getObject(subject.at('a', 'file'), 10)).rejects.toThrow();
      await expect(store.putObject(subject.at('a', 'file'), Buffer.from('x'))).rejects.toThrow();
      await expect(collect(store.list(subject.at('self')))).rejects.toThrow();
      await store.removeTree(subject.at('a'));
      expect(await subject.namesIn()).toEqual(['b', 'self']);
    });

    test('to a directory are removed without what they point to', async () => {
      const {store} = subject;
      await store.putObject(subject.at('kept', 'file'), Buffer.from('x'));
      await store.makeDirectory(subject.at('tree'));
      await store.makeLink(subject.at('tree', 'link'), '../kept');
      await store.makeLink(subject.at('link'), 'kept');
      await store.removeTree(subject.at('tree'));
      await store.removeTree(subject.at('link'));
      expect(await subject.namesIn()).toEqual(['kept']);
      expect(await subject.contentOf('kept/file')).toBe('x');
    });

    test('are replaced by what is published, not followed', async () => {
      await subject.putFile('file', Buffer.from('old'));
      await subject.store.makeLink(subject.at('link'), 'file');
      await subject.putFile('link', Buffer.from('new'));
      expect(await subject.store.stat(subject.at('link'))).toMatchObject({kind: 'file'});
      expect(await subject.contentOf('file')).toBe('old');
    });
  });
}
