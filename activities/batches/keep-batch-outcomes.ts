import {encodeOutcomes} from '../../src/artifacts/batch-pages.js';
import {batchOutcomesKey} from '../../src/artifacts/keys.js';
import type {WaybillActivities} from '../../src/contracts/activities.js';
import {runAttempt} from '../attempt.js';
import type {ActivityDeps} from '../deps.js';

/** Writes one page of outcomes; a second attempt writes the same. */
export function keepBatchOutcomes({records, store}: ActivityDeps): WaybillActivities['keepBatchOutcomes'] {
  return ({batchId, round, page, outcomes}) =>
    runAttempt('ask', records, async ({signal}) => {
      await store.putObject(batchOutcomesKey(batchId, round, page), encodeOutcomes(outcomes), {signal});
    });
}
