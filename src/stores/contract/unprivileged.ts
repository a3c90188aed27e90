import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {SmallFile, Store} from '../store.js';
import {sha256} from './subject.js';

export interface UnprivilegedPlace {
  /** An empty store whose user is not root: root may do everything. */
  readonly store: Store;
  readonly cleanUp: () => Promise<void>;
}

/** What only a user to whom modes apply can meet. */
export function describeUnprivileged(name: string, make: () => Promise<UnprivilegedPlace>): void {
  describe(`${name}, without privileges`, () => {
    let place: UnprivilegedPlace;
    let store: Store;

    beforeEach(async () => {
      place = await make();
      ({store} = place);
      for (const directory of ['partials', 'out']) await store.makeDirectory(directory);
    });
    afterEach(() => place.cleanUp());

    const small = (_: unknown, index: number): SmallFile => {
      const content = Buffer.from(`content of ${index}`);
      return {
        ...{destination: `out/${index}`, partial: `partials/${index}`, content, sha256: sha256(content)},
        ...{mode: 0o444, ifExists: 'replace'},
      };
    };

    const leaveReadOnly = async (path: string, content: Uint8Array): Promise<void> => {
      const partial = await store.openPartial({path, size: content.length});
      await partial.write(0, content);
      await partial.close();
      await store.setAttributes(path, {mode: 0o444});
    };

    test.each([1, 20])('takes up %i small files that an attempt made read-only before it died', async (length) => {
      const files = Array.from({length}, small);
      for (const {partial, content} of files) await leaveReadOnly(partial, content);
      expect(await store.putFiles(files)).toMatchObject(files.map(() => ({outcome: 'published'})));
      expect((await store.stat('out/0'))?.mode).toBe(0o444);
    });

    test('takes up a partial that an attempt made read-only before it died', async () => {
      const content = Buffer.from('content');
      await leaveReadOnly('partials/large', content);
      const partial = await store.openPartial({path: 'partials/large', size: content.length});
      await partial.write(0, content);
      await partial.publish({destination: 'out/large', ifExists: 'replace', mode: 0o444});
      await partial.close();
      expect(await store.stat('out/large')).toMatchObject({size: content.length, mode: 0o444});
    });

    test('publishes a group whose unfinished files cannot be synced together', async () => {
      await store.setAttributes('partials', {mode: 0o300});
      const files = Array.from({length: 20}, small);
      expect(await store.putFiles(files)).toMatchObject(files.map(() => ({outcome: 'published'})));
      expect((await store.stat('out/19'))?.mode).toBe(0o444);
    });

    test('publishes a group into a directory that may be written and not read', async () => {
      await store.setAttributes('out', {mode: 0o300});
      const files = Array.from({length: 20}, small);
      expect(await store.putFiles(files)).toMatchObject(files.map(() => ({outcome: 'published'})));
    });
  });
}
