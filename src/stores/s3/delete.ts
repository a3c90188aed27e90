import {createHash} from 'node:crypto';
import {z} from 'zod';
import type {CallOptions} from '../store.js';
import type {S3Client} from './client.js';
import {isMissing, S3Failure} from './errors.js';
import {escapeXml, isBeyondXml, parseXml} from './xml.js';

/** What one request may name. */
const MOST_KEYS = 1000;

const result = z.object({
  DeleteResult: z.union([
    z.object({
      Error: z.array(z.object({Key: z.string(), Code: z.string(), Message: z.string().default('')})).default([]),
    }),
    z.literal('').transform(() => ({Error: []})),
  ]),
});

export async function deleteObject(client: S3Client, key: string, {signal}: CallOptions = {}): Promise<void> {
  try {
    await client.call({method: 'DELETE', key, ...(signal === undefined ? {} : {signal})});
  } catch (error) {
    // S3 says nothing of a key that is not there; Versity Gateway does where another request deletes it meanwhile.
    if (!isMissing(error)) throw error;
  }
}

/** Deletes many objects in few requests; rejects where the server kept one. */
export async function deleteObjects(client: S3Client, keys: readonly string[], options: CallOptions): Promise<void> {
  for (const key of keys.filter(isBeyondXml)) await deleteObject(client, key, options);
  const rest = keys.filter((key) => !isBeyondXml(key));
  for (let at = 0; at < rest.length; at += MOST_KEYS)
    await deleteBatch(client, rest.slice(at, at + MOST_KEYS), options);
}

async function deleteBatch(client: S3Client, keys: readonly string[], {signal}: CallOptions): Promise<void> {
  const objects = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`).join('');
  const body = Buffer.from(`<Delete><Quiet>true</Quiet>${objects}</Delete>`);
  const answer = await client.call({
    ...{method: 'POST', query: {delete: ''}, body},
    headers: {'content-type': 'application/xml', 'content-md5': createHash('md5').update(body).digest('base64')},
    ...(signal === undefined ? {} : {signal}),
  });
  const errors = answer.body.length === 0 ? [] : parseXml(result, answer.body).DeleteResult.Error;
  const kept = errors.find(({Code}) => Code !== 'NoSuchKey');
  if (kept === undefined) return;
  throw new S3Failure({status: 200, code: kept.Code, message: `${kept.Key}: ${kept.Message}`});
}
