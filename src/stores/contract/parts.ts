import {describe, expect, test} from 'vitest';
import type {PartialFile} from '../store.js';
import {collect, patterned, type Subject, sha256} from './subject.js';

/** For stores that take a large file in parts: what the tests of partials ask, with more parts than one. */
export function describeParts(subject: Subject): void {
  describe('a partial in parts', () => {
    const partBytes = (): number => subject.store.properties.partBytes?.(1) ?? 0;
    const sizeOf = (): number => 2 * partBytes() + 12_345;
    const part = (number: number): {offset: number; length: number} => {
      const offset = (number - 1) * partBytes();
      return {offset, length: Math.min(partBytes(), sizeOf() - offset)};
    };
    const bytesOf = (number: number, seed = 0): Buffer => patterned(part(number).length, number + seed);
    const write = (partial: PartialFile, number: number, seed = 0): Promise<void> =>
      partial.write(part(number).offset, bytesOf(number, seed));
    const publish = (partial: PartialFile, ifExists: 'keep' | 'replace' = 'replace'): Promise<unknown> =>
      partial.publish({destination: subject.at('file'), ifExists});
    const digestOfAll = (): string => sha256(Buffer.concat([1, 2, 3].map((number) => bytesOf(number))));
    const published = async (): Promise<string | undefined> => {
      const found = await subject.contentOf('file');
      return found === undefined ? undefined : sha256(Buffer.from(found, 'latin1'));
    };

    test('names one size of parts for one size of file, and room for the largest', () => {
      const of = subject.store.properties.partBytes ?? (() => 0);
      for (const size of [1, 100_000_000, 1024 ** 4, 5 * 1024 ** 4]) {
        expect(of(size)).toBe(of(size));
        expect(Math.ceil(size / of(size))).toBeLessThanOrEqual(10_000);
      }
    });

    test('takes them in any order and several at once', async () => {
      const partial = await subject.openPartial('p', sizeOf());
      expect(partial.foundBytes).toBe(0);
      await Promise.all([3, 1, 2].map((number) => write(partial, number)));
      expect(await subject.store.stat(subject.at('file'))).toBeUndefined();
      await publish(partial, 'keep');
      await partial.close();
      expect(await published()).toBe(digestOfAll());
      expect(await subject.store.stat(subject.at('partials', 'p'))).toBeUndefined();
    });

    test('gives the mode and time that it was opened with', async () => {
      const attributes = {mode: 0o640, modifiedAt: 1_234_567_890_123};
      const intended = {destination: subject.at('file'), ...attributes};
      await subject.store.makeDirectory(subject.at('partials'));
      const partial = await subject.store.openPartial({path: subject.at('partials', 'p'), size: sizeOf(), intended});
      for (const number of [1, 2, 3]) await write(partial, number);
      const entry = await partial.publish({...intended, ifExists: 'keep'});
      await partial.close();
      expect(await subject.store.stat(subject.at('file'))).toEqual(entry);
      expect(entry).toMatchObject({size: sizeOf(), ...attributes});
    });

    test('ends with any part where its size was a bound', async () => {
      const partial = await subject.openPartial('p', 4 * sizeOf(), {atMost: true});
      for (const number of [1, 2, 3]) await write(partial, number);
      if (subject.store.properties.hashing !== 'none')
        expect(await collect(partial.hash([part(3)]))).toEqual([sha256(bytesOf(3))]);
      const missing = partial.publish({destination: subject.at('file'), ifExists: 'keep', size: sizeOf() + 1});
      await expect(missing).rejects.toMatchObject({code: 'transfer.checksum-mismatch'});
      await partial.publish({destination: subject.at('file'), ifExists: 'keep', size: sizeOf()});
      await partial.close();
      expect(await published()).toBe(digestOfAll());
    });

    test('takes the smallest parts where it was opened for them, also by a later attempt', async () => {
      const size = sizeOf();
      const least = subject.store.properties.leastPartBytes?.(size) ?? 0;
      expect(least).toBeLessThan(partBytes());
      const content = patterned(size);
      const open = (): Promise<PartialFile> => subject.openPartial('p', size, {partBytes: least});
      const send = (partial: PartialFile, at: number) => partial.write(at, content.subarray(at, at + least));
      const first = await open();
      await send(first, 0);
      const second = await open();
      expect(second.foundBytes).toBe(least);
      for (let at = least; at < size; at += least) await send(second, at);
      await publish(second, 'keep');
      for (const attempt of [first, second]) await attempt.close();
      expect(await published()).toBe(sha256(content));
    });

    test('refuses what is no whole part, and another destination than it was opened for', async () => {
      const partial = await subject.openPartial('p', sizeOf());
      const refused = {code: 'store.unsupported'};
      await expect(partial.write(1, bytesOf(1))).rejects.toMatchObject(refused);
      await expect(partial.write(0, bytesOf(1).subarray(1))).rejects.toMatchObject(refused);
      for (const number of [1, 2, 3]) await write(partial, number);
      const elsewhere = partial.publish({destination: subject.at('elsewhere'), ifExists: 'replace'});
      await expect(elsewhere).rejects.toMatchObject(refused);
      await partial.close();
      subject.keepsPartials('p');
    });

    test('keeps its parts, says how much that is, and proves them by their digests', async () => {
      const first = await subject.openPartial('p', sizeOf());
      await Promise.all([write(first, 1), write(first, 3)]);
      await first.close();
      expect((await subject.store.stat(subject.at('partials', 'p')))?.size).toBe(part(1).length + part(3).length);
      expect(await subject.list('partials')).toMatchObject([{name: 'p', size: part(1).length + part(3).length}]);
      const second = await subject.openPartial('p', sizeOf());
      expect(second.foundBytes).toBe(part(1).length + part(3).length);
      expect(await collect(second.hash([1, 2, 3].map(part)))).toEqual([
        sha256(bytesOf(1)),
        undefined,
        sha256(bytesOf(3)),
      ]);
      await write(second, 2);
      await publish(second, 'keep');
      await second.close();
      expect(await published()).toBe(digestOfAll());
    });

    test('shows other bytes in the part that holds them, and takes the right ones again', async () => {
      const first = await subject.openPartial('p', sizeOf());
      for (const number of [1, 2, 3]) await write(first, number, number === 2 ? 7 : 0);
      await first.close();
      const second = await subject.openPartial('p', sizeOf());
      const digests = await collect(second.hash([1, 2, 3].map(part)));
      expect(digests).toEqual([sha256(bytesOf(1)), sha256(bytesOf(2, 7)), sha256(bytesOf(3))]);
      await write(second, 2);
      expect(await collect(second.hash([part(2)]))).toEqual([sha256(bytesOf(2))]);
      await publish(second);
      await second.close();
      expect(await published()).toBe(digestOfAll());
    });

    test('does not publish a part that another attempt has replaced by other bytes', async () => {
      const first = await subject.openPartial('p', sizeOf());
      for (const number of [1, 2, 3]) await write(first, number);
      const second = await subject.openPartial('p', sizeOf());
      await write(second, 2, 7);
      await expect(publish(first)).rejects.toMatchObject({code: 'transfer.checksum-mismatch'});
      expect(await subject.store.stat(subject.at('file'))).toBeUndefined();
      for (const attempt of [first, second]) await attempt.close();
      subject.keepsPartials('p');
    });

    test('is refused with a part missing', async () => {
      const partial = await subject.openPartial('p', sizeOf());
      await write(partial, 1);
      await write(partial, 3);
      await expect(publish(partial)).rejects.toMatchObject({
        code: 'transfer.checksum-mismatch',
        expected: sizeOf(),
        found: part(1).length + part(3).length,
      });
      await partial.close();
      subject.keepsPartials('p');
    });

    test.each(['keep', 'replace'] as const)('is published by one attempt, at once or later (%s)', async (ifExists) => {
      const open = (): Promise<PartialFile> => subject.openPartial('p', sizeOf());
      const attempts = await Promise.all([open(), open()]);
      await Promise.all(attempts.flatMap((attempt) => [1, 2, 3].map((number) => write(attempt, number))));
      const late = await open();
      const outcomes = await Promise.allSettled(attempts.map((attempt) => publish(attempt, ifExists)));
      expect(outcomes.map((outcome) => outcome.status)).toContain('fulfilled');
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({code: 'transfer.partial-consumed'});
      }
      await expect(publish(late, ifExists)).rejects.toMatchObject({code: 'transfer.partial-consumed'});
      expect(await published()).toBe(digestOfAll());
      const third = await open();
      expect(third.foundBytes).toBe(0);
      await expect(publish(late, ifExists)).rejects.toMatchObject({code: 'transfer.partial-consumed'});
      for (const attempt of [...attempts, late, third]) await attempt.close();
      subject.keepsPartials('p');
    });

    test('keeps what is there when told so, and replaces it when told so', async () => {
      await subject.store.putObject(subject.at('file'), Buffer.from('old'));
      const partial = await subject.openPartial('p', sizeOf());
      for (const number of [1, 2, 3]) await write(partial, number);
      await expect(publish(partial, 'keep')).rejects.toMatchObject({code: 'store.already-exists'});
      expect(await subject.contentOf('file')).toBe('old');
      await publish(partial);
      await partial.close();
      expect(await published()).toBe(digestOfAll());
    });

    test.each(['remove', 'removeTree'] as const)('loses its parts with its name (%s)', async (how) => {
      const partial = await subject.openPartial('p', sizeOf());
      for (const number of [1, 2, 3]) await write(partial, number);
      await subject.store[how](how === 'remove' ? subject.at('partials', 'p') : subject.at('partials'));
      await expect(publish(partial)).rejects.toMatchObject({code: 'transfer.partial-consumed'});
      await partial.close();
      expect(await subject.store.stat(subject.at('file'))).toBeUndefined();
    });
  });
}
