import type {Environment} from '../../config/directories.js';
import type {Configuration} from '../../config/schema.js';
import type {TargetCheck} from '../../contracts/catalog.js';
import {hasCode} from '../../contracts/errors.js';
import type {BucketAdministration} from '../../stores/s3/administer.js';
import type {LifecycleRules} from '../store-lifecycle.js';
import {failed} from './checked.js';
import {withBucket} from './setup-bucket.js';

const NAME = 'lifecycle rule';
const SWEEP_ALONE = 'the sweep alone removes what has expired';

/** Whether the bucket of a default store on S3 has the rules that `waybill setup` makes. Writes nothing. */
export async function* checkRules(configuration: Configuration, environment: Environment): AsyncGenerator<TargetCheck> {
  yield* withBucket(configuration, environment, ({bucket, rules}) => ruleChecks(bucket, rules));
}

async function* ruleChecks(
  bucket: BucketAdministration,
  {expiry, aborts, days, abortDays}: LifecycleRules,
): AsyncGenerator<TargetCheck> {
  try {
    if (!(await bucket.hasRule(expiry))) {
      const remedy = 'Run `waybill setup`: it makes the rule, or says why this server takes none.';
      yield {name: NAME, outcome: 'warning', detail: `there is none for ${days} days: ${SWEEP_ALONE}`, remedy};
      return;
    }
    yield {name: NAME, outcome: 'ok', detail: `deletes tagged outputs ${days} days after they were written`};
    // Not a matter for anybody: MinIO has the one and not the other.
    const frees = (await bucket.hasRule(aborts))
      ? `frees their parts after ${abortDays} days`
      : 'none: the sweep frees them';
    yield {name: 'rule for unfinished uploads', outcome: 'ok', detail: frees};
  } catch (error) {
    if (hasCode(error, 'store.unsupported'))
      yield {name: NAME, outcome: 'ok', detail: `the server has no such rules: ${SWEEP_ALONE}`};
    else if (hasCode(error, 'store.permission-denied'))
      yield {...failed(NAME, error), outcome: 'warning', remedy: 'Allow the keys to read the rules of the bucket.'};
    else yield {...failed(NAME, error), outcome: 'warning'};
  }
}
