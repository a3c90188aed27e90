import {describe, expect, test} from 'vitest';
import {collect, patterned, type Subject, sha256} from './subject.js';

export function describeCancellation(subject: Subject): void {
  describe('a signal', () => {
    const reason = new Error('the caller has had enough');

    test('that has fired already ends every call with its reason, and nothing is done', async () => {
      const {store} = subject;
      await subject.putFile('file', Buffer.from('content'));
      const partial = await subject.openPartial('p', 4);
      await partial.write(0, Buffer.from('1234'));
      const source = await store.openSource(subject.at('file'));
      const signal = AbortSignal.abort(reason);
      const content = Buffer.from('x');
      const small = {destination: subject.at('n'), partial: subject.at('np'), content, sha256: sha256(content)};
      const calls: readonly (() => Promise<unknown>)[] = [
        () => store.stat(subject.at('file'), {signal}),
        () => collect(store.list(subject.directory, {signal})),
        () => store.readLink(subject.at('file'), {signal}),
        () => store.openSource(subject.at('file'), {signal}),
        () => store.openPartial({path: subject.at('partials', 'n'), size: 1}, {signal}),
        () => store.putObject(subject.at('n'), content, {signal}),
        () => store.getObject(subject.at('file'), 100, {signal}),
        () => store.putFiles([{...small, ifExists: 'replace'}], {signal}),
        () => store.makeDirectory(subject.at('n'), {signal}),
        () => store.makeLink(subject.at('n'), 'file', {signal}),
        () => store.setAttributes(subject.at('file'), {mode: 0o777}, {signal}),
        () => store.rename(subject.at('file'), subject.at('n'), {overwrite: true, signal}),
        () => store.remove(subject.at('file'), {signal}),
        () => store.removeTree(subject.at('partials'), {signal}),
        () => store.freeSpace(subject.directory, {signal}),
        () => source.read(0, 1, {signal}),
        () => source.restat({signal}),
        () => partial.write(0, Buffer.from('zzzz'), {signal}),
        () => collect(partial.hash([{offset: 0, length: 4}], {signal})),
        () => partial.sync({signal}),
        () => partial.publish({destination: subject.at('n'), ifExists: 'replace', signal}),
      ];
      for (const call of calls) await expect(call(), call.toString()).rejects.toBe(reason);
      await source.close();
      await partial.close();
      expect(await subject.namesIn()).toEqual(['file', 'partials']);
      expect(await subject.contentOf('partials/p')).toBe('1234');
      subject.keepsPartials('p');
    });

    test('that fires meanwhile ends a long proof soon', async () => {
      const partial = await subject.openPartial('p', 4_000_000);
      await partial.write(0, patterned(4_000_000));
      const controller = new AbortController();
      const ranges = Array.from({length: 2000}, () => ({offset: 0, length: 4_000_000}));
      const proof = collect(partial.hash(ranges, {signal: controller.signal}));
      const fired = new Promise<number>((resolve) => {
        setTimeout(() => {
          controller.abort(reason);
          resolve(performance.now());
        }, 30);
      });
      await expect(proof).rejects.toBe(reason);
      expect(performance.now() - (await fired)).toBeLessThan(2000);
      await partial.close();
      subject.keepsPartials('p');
    });

    test('that fires during a write leaves nothing that still writes', async () => {
      const length = subject.store.properties.partBytes?.(8_000_000) ?? 8_000_000;
      const partial = await subject.openPartial('p', 8_000_000);
      const controller = new AbortController();
      const writing = partial.write(0, Buffer.alloc(length, 1), {signal: controller.signal});
      setTimeout(() => controller.abort(reason), 1);
      const outcome = await writing.then(
        () => 'written',
        (error: unknown) => error,
      );
      expect(['written', reason]).toContain(outcome);
      const after = Buffer.alloc(subject.store.properties.partialWrites === 'parts' ? length : 1_000_000, 2);
      await partial.write(0, after);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await partial.close();
      const again = await subject.openPartial('p', 8_000_000);
      const [digest] = await collect(again.hash([{offset: 0, length: after.length}]));
      if (subject.store.properties.hashing !== 'none') expect(digest).toBe(sha256(after));
      await again.close();
      subject.keepsPartials('p');
    });
  });
}
