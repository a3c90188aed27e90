import {outputsBeginning} from '../artifacts/keys.js';
import type {Configuration, DefaultStoreConfiguration} from '../config/schema.js';
import {type KeptFor, staysLonger} from '../contracts/retention.js';
import {type BucketAdministration, administerBucket} from '../stores/s3/administer.js';
import {abortRule, EXPIRY_TAG, expiryRule, type LifecycleRule} from '../stores/s3/lifecycle-rules.js';
import type {S3Connection} from '../stores/s3/options.js';
import {openS3Store} from '../stores/s3/store.js';
import type {RemoveTagsOptions} from '../stores/s3/tags.js';
import type {Store} from '../stores/store.js';

/**
 * The second line behind the sweep, in the bucket itself: outputs carry a tag that names days, and a rule that
 * `waybill setup` makes deletes what carries it that long after it was written. Inputs and logs have none: a run may
 * wait, and go on, for longer than any rule says.
 */
export interface StoreLifecycle {
  /** Where outputs go that are kept for so long: with the tag only where the bucket has the rule, and it comes late enough. */
  outputs(kept: KeptFor): Promise<Store>;
  /** Takes all outputs of an execution out of the reach of any such rule. Rejects where they may still be in it. */
  exempt(executionId: string, options?: RemoveTagsOptions): Promise<void>;
  close(): Promise<void>;
}

type Retention = Configuration['retention'];

/**
 * Days after which a rule deletes. The sweep has taken everything long before: also what a run left whose workflow was
 * terminated, which is dated after `leftoverDays`.
 */
function daysOfRule({days, leftoverDays}: Pick<Retention, 'days' | 'leftoverDays'>): number {
  return days + 2 * leftoverDays;
}

export interface LifecycleRules {
  readonly tags: Readonly<Record<string, string>>;
  readonly expiry: LifecycleRule;
  /** Of uploads that no attempt can go on with any more: no step lives longer than 30 days. */
  readonly aborts: LifecycleRule;
  readonly days: number;
  readonly abortDays: number;
}

/** The rules that this configuration wants of its bucket. */
export function lifecycleRules(
  {prefix}: Pick<Extract<DefaultStoreConfiguration, {kind: 's3'}>, 'prefix'>,
  retention: Pick<Retention, 'days' | 'leftoverDays'>,
): LifecycleRules {
  const executions = `${prefix === '' ? '' : `${prefix}/`}executions/`;
  const days = daysOfRule(retention);
  return {
    tags: {[EXPIRY_TAG]: String(days)},
    expiry: expiryRule(executions, days),
    aborts: abortRule(executions, retention.leftoverDays),
    ...{days, abortDays: retention.leftoverDays},
  };
}

/** Milliseconds for which an answer about the rule counts: `waybill setup` may make it while workers run. */
const ASKED_AGAIN_MS = 600_000;

interface LifecycleOptions {
  readonly connection: S3Connection;
  readonly prefix: string;
  readonly store: Store;
  readonly retention: Pick<Retention, 'days' | 'leftoverDays'>;
}

export function openStoreLifecycle({connection, prefix, store, retention}: LifecycleOptions): StoreLifecycle {
  const {tags, expiry} = lifecycleRules({prefix}, retention);
  const bucket: BucketAdministration = administerBucket(connection, prefix);
  const tagged = openS3Store({...connection, name: store.name, prefix, newObjectTags: tags});
  let asked: {readonly at: number; readonly answer: Promise<boolean>} | undefined;
  const isRuled = (): Promise<boolean> => {
    if (asked === undefined || performance.now() - asked.at > ASKED_AGAIN_MS) {
      // A key that may not read the rules, or a server that has none: the sweep alone deletes.
      asked = {at: performance.now(), answer: bucket.hasRule(expiry).catch(() => false)};
    }
    return asked.answer;
  };
  return {
    outputs: async (kept) => (!staysLonger(kept, retention.days) && (await isRuled()) ? tagged : store),
    exempt: (executionId, options) => bucket.removeTags(outputsBeginning(executionId), options),
    close: async () => {
      bucket.close();
      await tagged.close();
    },
  };
}
