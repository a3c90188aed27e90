import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {StorePlace} from './place.js';
import {sha256} from './subject.js';

export function describeReadOnlyMedium(make: () => Promise<StorePlace>): void {
  describe('a place that may not be written', () => {
    let place: StorePlace | undefined;
    beforeAll(async () => {
      place = await make();
    });
    afterAll(() => place?.cleanUp());

    test('refuses whatever writes, by a code that says why', async () => {
      if (place === undefined) throw new Error('The store has not been made.');
      const {store} = place;
      const content = Buffer.from('x');
      const small = {destination: 'n', partial: 'p', content, sha256: sha256(content), ifExists: 'replace'} as const;
      const calls: readonly (() => Promise<unknown>)[] = [
        () => store.openPartial({path: 'p', size: 1}),
        () => store.putObject('n', content),
        () => store.putObject('a/n', content),
        () => store.makeDirectory('n'),
        () => store.setAttributes('', {modifiedAt: 0}),
        async () => {
          const [result] = await store.putFiles([small]);
          if (result?.outcome === 'failed') throw result.error;
        },
      ];
      for (const call of calls) {
        const refusal = await call().then(
          () => 'nothing',
          (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
        );
        expect(['store.read-only', 'store.permission-denied'], call.toString()).toContain(refusal);
      }
      expect(await store.stat('n')).toBeUndefined();
    });
  });
}
