import type {Environment} from '../../config/directories.js';
import type {Configuration} from '../../config/schema.js';
import {hasCode, WaybillError} from '../../contracts/errors.js';
import {administerBucket, type BucketAdministration} from '../../stores/s3/administer.js';
import {probeS3} from '../../stores/s3/probe.js';
import {s3Connection} from '../s3-connection.js';
import {s3Credentials} from '../s3-credentials.js';
import {type LifecycleRules, lifecycleRules} from '../store-lifecycle.js';
import type {SetupStep} from './setup.js';

/** The bucket of a default store on S3. */
export async function* setUpBucket(configuration: Configuration, environment: Environment): AsyncGenerator<SetupStep> {
  yield* withBucket(configuration, environment, async function* ({bucket, connection, name, prefix}) {
    const probe = await probeS3(connection, prefix);
    if (probe.outcome === 'answered') yield {name: 'bucket', outcome: 'unchanged', detail: `${name} is there`};
    else if (probe.outcome === 'refused' && probe.reason === 'no-bucket') yield await makeBucket(bucket, name);
    else throw probe.error;
  });
}

/**
 * The rules in it by which the server deletes what no sweep has. Only where the store is known to be this installation's:
 * a rule for the same prefix is taken for an earlier one of its own.
 */
export async function* setUpRules(configuration: Configuration, environment: Environment): AsyncGenerator<SetupStep> {
  yield* withBucket(configuration, environment, ({bucket, rules}) => ruleSteps(bucket, rules));
}

interface OpenBucket {
  readonly bucket: BucketAdministration;
  readonly connection: Awaited<ReturnType<typeof s3Connection>>;
  readonly name: string;
  readonly prefix: string;
  readonly rules: LifecycleRules;
}

/** Nothing where the default store is a directory. */
export async function* withBucket<Told>(
  {store: settings, retention}: Configuration,
  environment: Environment,
  work: (open: OpenBucket) => AsyncGenerator<Told>,
): AsyncGenerator<Told> {
  if (settings.kind !== 's3') return;
  const connection = await s3Connection(settings, s3Credentials(settings, environment));
  const {bucket: name, prefix} = settings;
  const bucket = administerBucket(connection, prefix);
  try {
    yield* work({bucket, connection, name, prefix, rules: lifecycleRules(settings, retention)});
  } finally {
    bucket.close();
  }
}

async function makeBucket(bucket: BucketAdministration, name: string): Promise<SetupStep> {
  try {
    const made = await bucket.makeBucket();
    return {
      name: 'bucket',
      outcome: made ? 'changed' : 'unchanged',
      detail: made ? `made ${name}` : `${name} is there`,
    };
  } catch (error) {
    if (!hasCode(error, 'store.permission-denied')) throw error;
    throw new WaybillError(
      'store.permission-denied',
      `the bucket ${name} is not there, and these keys may not make it`,
      {
        path: name,
        cause: error,
        remedy: 'Make the bucket, or give the keys CreateBucket.',
      },
    );
  }
}

async function* ruleSteps(
  bucket: BucketAdministration,
  {tags, expiry, aborts, days, abortDays}: LifecycleRules,
): AsyncGenerator<SetupStep> {
  const name = 'lifecycle rule';
  const abortsName = 'rule for unfinished uploads';
  const sweepAlone = 'the sweep alone removes what has expired';
  if (!(await bucket.keepsTags(tags))) {
    yield {name, outcome: 'left-out', detail: `the server keeps no tags: ${sweepAlone}`};
    return;
  }
  const detail = `deletes tagged outputs ${days} days after they were written`;
  const both = await bucket.ensureRules([expiry, aborts]);
  if (both.outcome !== 'refused') {
    yield {name, outcome: both.outcome, detail};
    yield {name: abortsName, outcome: both.outcome, detail: `frees their parts after ${abortDays} days`};
    return;
  }
  // MinIO has the one and not the other.
  const one = await bucket.ensureRules([expiry]);
  if (one.outcome === 'refused') {
    yield {name, outcome: 'left-out', detail: `${sweepAlone}: ${reasonOf(one.error)}`};
    return;
  }
  yield {name, outcome: one.outcome, detail};
  yield {name: abortsName, outcome: 'left-out', detail: `the sweep alone frees them: ${reasonOf(both.error)}`};
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
