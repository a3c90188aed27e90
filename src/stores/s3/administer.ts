import {createHash, randomBytes} from 'node:crypto';
import type {CallOptions, StorePath} from '../store.js';
import {S3Client} from './client.js';
import {deleteObject} from './delete.js';
import {asWaybillError, isFailure, translated} from './errors.js';
import {KeySpace} from './keys.js';
import {documentOf, holdsRule, isOfSameInstallation, type LifecycleRule, rulesIn} from './lifecycle-rules.js';
import type {S3Connection} from './options.js';
import {isUnknownToServer, removeTags, type RemoveTagsOptions} from './tags.js';

/** `refused`: the server does not know it, or does not allow it; the error says which. */
export type RulesOutcome =
  | {readonly outcome: 'changed' | 'unchanged'}
  | {readonly outcome: 'refused'; readonly error: unknown};

/** What is set up once in a bucket, and what undoes it for single objects. */
export interface BucketAdministration {
  /** Makes the bucket; false where it is there. Rejects with `store.permission-denied` where that is not allowed. */
  makeBucket(options?: CallOptions): Promise<boolean>;
  /** Makes these rules the only ones of their installation. Everybody else's stay as they are. */
  ensureRules(rules: readonly LifecycleRule[], options?: CallOptions): Promise<RulesOutcome>;
  /** Whether a rule is there as it is wanted. Rejects where the server does not say. */
  hasRule(rule: LifecycleRule, options?: CallOptions): Promise<boolean>;
  /** Whether an object that is put with a tag has it, tried with one below the prefix. */
  keepsTags(tags: Readonly<Record<string, string>>, options?: CallOptions): Promise<boolean>;
  /** Takes the tags of everything whose path begins so. */
  removeTags(beginning: StorePath, options?: RemoveTagsOptions): Promise<void>;
  close(): void;
}

export function administerBucket(connection: S3Connection, prefix: StorePath): BucketAdministration {
  const client = new S3Client(connection);
  const keys = new KeySpace(prefix);
  const {bucket} = connection;
  return {
    makeBucket: (options = {}) => translated(bucket, () => makeBucket(client, connection.region, options)),
    ensureRules: (rules, options = {}) => ensureRules(client, bucket, rules, options),
    hasRule: (rule, options = {}) => translated(bucket, async () => holdsRule(await readRules(client, options), rule)),
    keepsTags: (tags, options = {}) => translated(bucket, () => keepsTags(connection, keys, tags, options)),
    removeTags: (beginning, options = {}) =>
      translated(beginning, () => removeTags(client, keys.key(beginning), options)),
    close: () => client.close(),
  };
}

async function makeBucket(client: S3Client, region = 'us-east-1', {signal}: CallOptions): Promise<boolean> {
  // The oldest region is the one that must not be named.
  const body =
    region === 'us-east-1'
      ? undefined
      : Buffer.from(
          `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`,
        );
  try {
    await client.call({
      method: 'PUT',
      ...(body === undefined ? {} : {body}),
      ...(signal === undefined ? {} : {signal}),
    });
    return true;
  } catch (error) {
    if (isFailure(error, 'BucketAlreadyOwnedByYou')) return false;
    throw error;
  }
}

async function readRules(client: S3Client, {signal}: CallOptions): Promise<readonly LifecycleRule[]> {
  try {
    const {body} = await client.call({
      ...{method: 'GET', query: {lifecycle: ''}},
      ...(signal === undefined ? {} : {signal}),
    });
    return rulesIn(body.toString('utf8'));
  } catch (error) {
    if (isFailure(error, 'NoSuchLifecycleConfiguration')) return [];
    throw error;
  }
}

async function ensureRules(
  client: S3Client,
  bucket: string,
  wanted: readonly LifecycleRule[],
  options: CallOptions,
): Promise<RulesOutcome> {
  const {signal} = options;
  try {
    const found = await readRules(client, options);
    const others = found.filter(({id}) => !wanted.some((rule) => isOfSameInstallation(rule, id)));
    const isAsWanted = wanted.every((rule) => holdsRule(found, rule)) && found.length === others.length + wanted.length;
    if (isAsWanted) return {outcome: 'unchanged'};
    const body = Buffer.from(documentOf([...others, ...wanted]));
    await client.call({
      ...{method: 'PUT', query: {lifecycle: ''}, body},
      headers: {'content-type': 'application/xml', 'content-md5': createHash('md5').update(body).digest('base64')},
      ...(signal === undefined ? {} : {signal}),
    });
    return {outcome: 'changed'};
  } catch (error) {
    if (!isUnknownToServer(error) && !isFailure(error, 400, 403)) throw asWaybillError(bucket, error);
    return {outcome: 'refused', error: asWaybillError(bucket, error)};
  }
}

async function keepsTags(
  connection: S3Connection,
  keys: KeySpace,
  tags: Readonly<Record<string, string>>,
  {signal}: CallOptions,
): Promise<boolean> {
  const client = new S3Client({...connection, newObjectTags: tags, connections: 1});
  const key = keys.key(`.waybill-check-${randomBytes(8).toString('hex')}`);
  const call = signal === undefined ? {} : {signal};
  try {
    await client.call({method: 'PUT', key, body: Buffer.from('tags'), ...call});
    const {body} = await client.call({method: 'GET', key, query: {tagging: ''}, ...call});
    const held = body.toString('utf8');
    return Object.entries(tags).every(
      ([name, value]) => held.includes(name) && held.includes(`<Value>${value}</Value>`),
    );
  } catch (error) {
    if (isUnknownToServer(error) || isFailure(error, 400, 403)) return false;
    throw error;
  } finally {
    await deleteObject(client, key).catch(() => undefined);
    client.close();
  }
}
