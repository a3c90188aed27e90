import {describe, expect, test} from 'vitest';
import type {Attributes, PartialFile} from '../store.js';
import {collect, patterned, type Subject, sha256} from './subject.js';

/** Any activity may run twice, at once or late: here are two attempts at one file, as two handles on one partial. */
export function describeTwoAttempts(subject: Subject): void {
  describe('two attempts', () => {
    const size = 400_000;
    const content = patterned(size);
    const publish = (partial: PartialFile, ifExists: 'keep' | 'replace' = 'replace'): Promise<unknown> =>
      partial.publish({destination: subject.at('file'), ifExists});

    async function both(attributes: Attributes = {}): Promise<readonly [PartialFile, PartialFile]> {
      const open = (): Promise<PartialFile> => subject.openPartial('shared', size, {}, attributes);
      return [await open(), await open()];
    }

    test('write the same partial at once, and none takes from the other', async () => {
      const attempts = await both();
      await Promise.all(
        attempts.map(async (attempt, index) => {
          for (let step = 0; step < 4; step += 1) {
            const offset = ((step + index * 2) % 4) * 100_000;
            await attempt.write(offset, content.subarray(offset, offset + 100_000));
          }
        }),
      );
      await publish(attempts[0]);
      for (const attempt of attempts) await attempt.close();
      expect(await subject.contentOf('file')).toBe(content.toString('latin1'));
    });

    test.each(['keep', 'replace'] as const)(
      'publish one after the other: the second finds it consumed (%s)',
      async (ifExists) => {
        const [first, second] = await both();
        await first.write(0, content);
        await second.write(0, content);
        await publish(first, ifExists);
        const entry = await subject.store.stat(subject.at('file'));
        await expect(publish(second, ifExists)).rejects.toMatchObject({code: 'transfer.partial-consumed'});
        for (const attempt of [first, second]) await attempt.close();
        expect(await subject.contentOf('file')).toBe(content.toString('latin1'));
        expect((await subject.store.stat(subject.at('file')))?.size).toBe(entry?.size);
      },
    );

    test.each(['keep', 'replace'] as const)(
      'publish at once: one wins and the file is whole (%s)',
      async (ifExists) => {
        for (let round = 0; round < 5; round += 1) {
          const attempts = await both();
          for (const attempt of attempts) await attempt.write(0, content);
          const outcomes = await Promise.allSettled(attempts.map((attempt) => publish(attempt, ifExists)));
          for (const attempt of attempts) await attempt.close();
          expect(outcomes.map((outcome) => outcome.status)).toContain('fulfilled');
          for (const outcome of outcomes) {
            if (outcome.status === 'rejected')
              expect(outcome.reason).toMatchObject({code: 'transfer.partial-consumed'});
          }
          expect(await subject.contentOf('file')).toBe(content.toString('latin1'));
          await subject.store.remove(subject.at('file'));
        }
      },
    );

    test('a late write does not reach the published file', async () => {
      const [winner, late] = await both();
      await winner.write(0, content);
      await publish(winner);
      await winner.close();
      // Rejected or not: it is the published file that counts.
      await late.write(0, Buffer.alloc(1000)).catch(() => undefined);
      await late.close();
      expect(await subject.contentOf('file')).toBe(content.toString('latin1'));
    });

    test('what one writes while the other publishes does not move the time of the published file', async () => {
      const {modificationTimes} = subject.store.properties;
      const modifiedAt = 1_600_000_000_000;
      const [winner, late] = await both({modifiedAt});
      await winner.write(0, content);
      let published = false;
      const writing = async (): Promise<void> => {
        while (!published) await late.write(0, content.subarray(0, 1000));
      };
      const refused = writing().catch((error: unknown) => error);
      const options = {destination: subject.at('file'), ifExists: 'replace', modifiedAt} as const;
      await winner.publish(options).finally(() => (published = true));
      const refusal = await refused;
      if (refusal !== undefined) expect(refusal).toMatchObject({code: 'transfer.partial-consumed'});
      for (const attempt of [winner, late]) await attempt.close();
      // Versity Gateway removes an upload's parts one by one when it completes it, and keeps one that comes meanwhile.
      if (subject.store.kind === 's3') await subject.store.remove(subject.at('partials', 'shared'));
      if (modificationTimes) expect((await subject.store.stat(subject.at('file')))?.modifiedAt).toBe(modifiedAt);
    });

    test.each([
      ['blocks', [0, 1, 2, 3].map((block) => ({offset: block * 100_000, length: 100_000}))],
      ['the whole file', [{offset: 0, length: size}]],
    ])('a late proof of %s finds the bytes, or the partial consumed', async (_, ranges) => {
      const [winner, late] = await both();
      await winner.write(0, content);
      await publish(winner);
      await winner.close();
      const found = await collect(late.hash(ranges)).catch((error: unknown) => error);
      await late.close();
      const right = ranges.map(({offset, length}) => sha256(content.subarray(offset, offset + length)));
      if (found instanceof Error) expect(found).toMatchObject({code: 'transfer.partial-consumed'});
      else expect(found).toEqual(right);
    });

    test('a late attempt does not publish the unfinished file of a third', async () => {
      const [winner, late] = await both();
      await winner.write(0, content);
      await publish(winner);
      await winner.close();
      const third = await subject.openPartial('shared', size);
      expect(third.foundBytes).toBe(0);
      await third.write(0, Buffer.alloc(size));
      await expect(publish(late)).rejects.toMatchObject({code: 'transfer.partial-consumed'});
      expect(await subject.contentOf('file')).toBe(content.toString('latin1'));
      for (const attempt of [late, third]) await attempt.close();
      expect((await subject.store.stat(subject.at('partials', 'shared')))?.size).toBe(size);
      subject.keepsPartials('shared');
    });
  });
}
