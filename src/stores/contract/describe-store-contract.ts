import {afterAll, afterEach, beforeEach, describe} from 'vitest';
import {describeAttributes} from './attributes.js';
import {describeCancellation} from './cancellation.js';
import {describeFullMedium} from './full-medium.js';
import {describeLinks} from './links.js';
import {describeListing} from './listing.js';
import {markAsRun} from './marks.js';
import {describeHostileNames} from './names.js';
import {describeObjects} from './objects.js';
import {describePartials} from './partials.js';
import {describeParts} from './parts.js';
import type {StoreCase} from './place.js';
import {describeProperties} from './properties.js';
import {describePublishing} from './publishing.js';
import {describeReadOnlyMedium} from './read-only-medium.js';
import {describeRemoval} from './removal.js';
import {describeSmallFiles} from './small-files.js';
import {describeSources} from './sources.js';
import {describeSpecialFiles} from './special-files.js';
import {describeTwoAttempts} from './two-attempts.js';
import {withSubject} from './with-place.js';

/** Registers the tests of every MUST in `store.ts` for one store, with vitest. */
export function describeStoreContract(storeCase: StoreCase): void {
  const {name, lacks = []} = storeCase;
  const has = (lack: (typeof lacks)[number]): boolean => !lacks.includes(lack);
  describe(`store contract: ${name}`, () => {
    let unfinished = 0;
    beforeEach(() => {
      unfinished += 1;
    });
    afterEach(() => {
      unfinished -= 1;
    });
    afterAll(() => {
      if (unfinished === 0) markAsRun(name);
    });
    withSubject(storeCase.make, (subject) => {
      describeProperties(subject, lacks);
      describeSources(subject);
      describeListing(subject);
      describeHostileNames(subject, lacks);
      describeObjects(subject);
      describeSmallFiles(subject);
      describePartials(subject);
      if (!has('randomWrites')) describeParts(subject);
      describePublishing(subject);
      describeTwoAttempts(subject);
      describeAttributes(subject);
      describeRemoval(subject);
      describeCancellation(subject);
      if (has('links')) describeLinks(subject);
      if (has('disk')) describeSpecialFiles(subject);
    });
    if (storeCase.makeSmall !== undefined) withSubject(storeCase.makeSmall, describeFullMedium);
    if (storeCase.makeReadOnly !== undefined) describeReadOnlyMedium(storeCase.makeReadOnly);
  });
}
