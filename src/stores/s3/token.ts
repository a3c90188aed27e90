import {randomBytes} from 'node:crypto';
import type {CallOptions} from '../store.js';
import type {S3Client} from './client.js';
import {tokenOf} from './entry.js';
import {headOf} from './look.js';

/** Whether the object under `key` was made with this token. */
export async function hasToken(
  client: S3Client,
  key: string,
  token: string | undefined,
  options: CallOptions,
): Promise<boolean> {
  const headers = await headOf(client, key, options);
  return token !== undefined && headers !== undefined && tokenOf(headers) === token;
}

/** In the metadata of an object: tells what one attempt made from what any other did. */
export function newToken(): string {
  return randomBytes(16).toString('hex');
}
