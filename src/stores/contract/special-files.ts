import {execFile} from 'node:child_process';
import {mkdir, readdir, rm, symlink, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {describe, expect, test} from 'vitest';
import {collect, type Subject} from './subject.js';

const run = promisify(execFile);

/** What only somebody else can put into a store's directory: nothing of it is opened, waited for or followed. */
export function describeSpecialFiles(subject: Subject): void {
  describe('special files', () => {
    async function refusedAsSpecial(name: string): Promise<void> {
      const {store} = subject;
      expect(await subject.list()).toMatchObject([{name, kind: 'special', size: 0}]);
      expect(await store.stat(subject.at(name))).toMatchObject({kind: 'special'});
      const started = performance.now();
      await expect(store.openSource(subject.at(name))).rejects.toMatchObject({code: 'source.special-file'});
      await expect(store.getObject(subject.at(name), 10)).rejects.toMatchObject({code: 'source.special-file'});
      await expect(store.openPartial({path: subject.at(name), size: 1})).rejects.toThrow();
      expect(performance.now() - started).toBeLessThan(5000);
      await store.remove(subject.at(name));
      expect(await subject.list()).toEqual([]);
    }

    test('FIFOs are refused and not waited for', async () => {
      await run('mkfifo', [subject.onDisk('fifo')]);
      await refusedAsSpecial('fifo');
    });

    test('sockets are refused', async () => {
      const server = createServer();
      // A path of at most 107 bytes, which the directory alone may exceed.
      const path = `/tmp/waybill-${process.pid}.sock`;
      await new Promise<void>((resolve) => server.listen(path, resolve));
      await run('mv', [path, subject.onDisk('socket')]);
      await refusedAsSpecial('socket');
      await new Promise((resolve) => server.close(resolve));
    });

    // Only root may make devices, and macOS has none to make: there the other two stand for them.
    if (process.platform === 'linux' && process.getuid?.() === 0) {
      test('devices are refused', async () => {
        await run('mknod', [subject.onDisk('device'), 'c', '1', '5']);
        await refusedAsSpecial('device');
      });
    }

    test('a published file takes the place of a FIFO', async () => {
      await run('mkfifo', [subject.onDisk('fifo')]);
      await subject.putFile('fifo', Buffer.from('content'));
      expect(await subject.contentOf('fifo')).toBe('content');
    });
  });

  describe('links out of the root', () => {
    test('are listed as links, and lead nowhere', async () => {
      const {store} = subject;
      const outside = await subject.outside();
      await mkdir(join(outside, 'directory'));
      await writeFile(join(outside, 'file'), 'secret');
      await symlink(outside, subject.onDisk('out'));
      await symlink(join(outside, 'file'), subject.onDisk('out-file'));
      await symlink(join(outside, 'new'), subject.onDisk('out-new'));
      expect((await subject.list()).map((entry) => entry.kind)).toEqual(['link', 'link', 'link']);
      const content = Buffer.from('x');
      const refused = {code: 'name.outside-root'};
      const below = subject.at('out', 'directory');
      const calls: readonly (() => Promise<unknown>)[] = [
        () => store.stat(below),
        () => collect(store.list(subject.at('out'))),
        () => collect(store.list(below)),
        () => store.openSource(subject.at('out', 'file')),
        () => store.getObject(subject.at('out', 'file'), 10),
        () => store.openPartial({path: subject.at('out', 'p'), size: 1}),
        () => store.putObject(subject.at('out', 'new'), content),
        () => store.putObject(subject.at('out', 'a', 'new'), content),
        () => store.makeDirectory(subject.at('out', 'new')),
        () => store.makeLink(subject.at('out', 'new'), 'x'),
        () => store.setAttributes(below, {mode: 0o777}),
        () => store.rename(below, subject.at('mine'), {overwrite: true}),
        () => store.remove(subject.at('out', 'file')),
        () => store.removeTree(below),
      ];
      for (const call of calls) await expect(call(), call.toString()).rejects.toMatchObject(refused);
      await expect(store.openSource(subject.at('out-file'))).rejects.toMatchObject({code: 'source.special-file'});
      await expect(store.openPartial({path: subject.at('out-new'), size: 1})).rejects.toThrow();
      await expect(store.setAttributes(subject.at('out-file'), {mode: 0})).rejects.toThrow();
      await store.putObject(subject.at('out-file'), content);
      await store.removeTree(subject.at('out'));
      expect(await subject.namesIn()).toEqual(['out-file', 'out-new']);
      expect((await readdir(outside)).sort()).toEqual(['directory', 'file']);
      await rm(outside, {recursive: true});
    });
  });
}
