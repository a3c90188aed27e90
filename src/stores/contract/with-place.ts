import {afterAll, afterEach, beforeAll, beforeEach, describe, expect} from 'vitest';
import type {StorePlace} from './place.js';
import {Subject} from './subject.js';

/** Registers tests that share one store and get a directory each; what a test leaves outside of it makes it fail. */
export function withSubject(make: () => Promise<StorePlace>, register: (subject: Subject) => void): void {
  const subject = new Subject();
  describe('', () => {
    beforeAll(() => subject.open(make));
    afterAll(() => subject.close());
    beforeEach(() => subject.beginTest());
    afterEach(async () => {
      const partials = await subject.partialNames();
      await subject.store.removeTree(subject.directory);
      const left: string[] = [];
      for await (const entry of subject.store.list('')) left.push(entry.name);
      expect({left, partials}, 'what the test left behind').toEqual({
        left: [],
        partials: subject.keptPartials,
      });
    });
    register(subject);
  });
}
