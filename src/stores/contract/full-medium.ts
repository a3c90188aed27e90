import {describe, expect, test} from 'vitest';
import {collect, patterned, type Subject, sha256} from './subject.js';

const MEBIBYTE = 1024 * 1024;

export function describeFullMedium(subject: Subject): void {
  describe('a full medium', () => {
    /** Writes until the store says no, and returns how much it took. */
    async function fill(name: string): Promise<number> {
      const partial = await subject.openPartial(name, 64 * MEBIBYTE);
      let taken = 0;
      let refusal: unknown;
      while (refusal === undefined && taken < 64 * MEBIBYTE) {
        await partial.write(taken, patterned(MEBIBYTE, taken + 1)).then(
          () => (taken += MEBIBYTE),
          (error: unknown) => (refusal = error),
        );
      }
      await partial.close();
      expect(refusal).toMatchObject({code: 'store.no-space', retryable: true});
      return taken;
    }

    test('is told as such, keeps what was acknowledged, and goes on when there is space', async () => {
      const acknowledged = await fill('p');
      const again = await subject.openPartial('p', 64 * MEBIBYTE);
      expect(again.foundBytes).toBeGreaterThanOrEqual(acknowledged);
      const first = {offset: 0, length: MEBIBYTE};
      if (acknowledged > 0) expect(await collect(again.hash([first]))).toEqual([sha256(patterned(MEBIBYTE, 1))]);
      await again.close();
      await subject.store.remove(subject.at('partials', 'p'));
      await subject.putFile('file', patterned(MEBIBYTE));
      expect((await subject.store.stat(subject.at('file')))?.size).toBe(MEBIBYTE);
    });

    test('shows no object and no small file that it could not take', async () => {
      await fill('p');
      const content = patterned(2 * MEBIBYTE);
      const full = {code: 'store.no-space'};
      await expect(subject.store.putObject(subject.at('object'), content)).rejects.toMatchObject(full);
      const [result] = await subject.store.putFiles([
        {
          destination: subject.at('small'),
          partial: subject.at('partials', 's'),
          content,
          sha256: sha256(content),
          ifExists: 'replace',
        },
      ]);
      expect(result).toMatchObject({outcome: 'failed', error: full});
      expect(await subject.namesIn()).toEqual(['partials']);
      subject.keepsPartials(...(await subject.namesIn('partials')));
    });
  });
}
