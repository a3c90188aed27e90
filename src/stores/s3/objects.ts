import {createHash} from 'node:crypto';
import {WaybillError} from '../../contracts/errors.js';
import type {CallOptions, StorePath} from '../store.js';
import type {Bucket} from './bucket.js';
import type {S3Client} from './client.js';
import {type Metadata, metadataHeaders} from './entry.js';
import {isFailure, isMissing} from './errors.js';
import {isDirectory} from './placement.js';
import {statDirectory} from './names.js';
import {hasToken, newToken} from './token.js';

export interface PutOptions extends CallOptions {
  readonly metadata: Metadata & {readonly sha256: string};
  readonly ifAbsent: boolean;
}

/** Puts an object in one step. With `ifAbsent` the answer is false where another one has the key. */
export async function putWhole(client: S3Client, key: string, body: Uint8Array, options: PutOptions): Promise<boolean> {
  const {signal, metadata, ifAbsent} = options;
  const token = metadata.token ?? (ifAbsent ? newToken() : undefined);
  try {
    await client.call({
      ...{method: 'PUT', key, body, sha256: metadata.sha256},
      headers: {
        ...metadataHeaders({...metadata, ...(token === undefined ? {} : {token})}),
        ...(ifAbsent ? {'if-none-match': '*'} : {}),
      },
      ...(signal === undefined ? {} : {signal}),
    });
    return true;
  } catch (error) {
    if (!ifAbsent || !isFailure(error, 412)) throw error;
    // The answer to a try that won may have been lost: then the object that is in the way is ours.
    return error.followsLostAnswer && (await hasToken(client, key, token, options));
  }
}

export async function putObject(
  {client, keys, placement}: Bucket,
  path: StorePath,
  content: Uint8Array,
  options: CallOptions & {readonly ifAbsent?: boolean},
): Promise<boolean> {
  if (path === '') throw isDirectory(path);
  const key = keys.key(path);
  await placement.check(path, options);
  const metadata = {sha256: createHash('sha256').update(content).digest('hex'), modifiedAt: Date.now()};
  const isPut = await putWhole(client, key, content, {...options, metadata, ifAbsent: options.ifAbsent ?? false});
  placement.wrote(path);
  return isPut;
}

export async function getObject(
  bucket: Bucket,
  path: StorePath,
  maxBytes: number,
  options: CallOptions,
): Promise<Uint8Array | undefined> {
  const {client, keys} = bucket;
  const {signal} = options;
  if (path === '') throw isDirectory(path);
  try {
    const key = keys.key(path);
    return (await client.call({method: 'GET', key, maxBytes, ...(signal === undefined ? {} : {signal})})).body;
  } catch (error) {
    if (isFailure(error, 'AnswerTooLarge')) {
      const message = `${JSON.stringify(path)} holds more than ${maxBytes} bytes, the most for this object.`;
      throw new WaybillError('store.io', message, {path, expected: maxBytes});
    }
    if (!isMissing(error)) throw error;
    if ((await statDirectory(bucket, path, options)) !== undefined) throw isDirectory(path);
    return undefined;
  }
}
