import {randomBytes} from 'node:crypto';
import {KeptPromise} from '../../promises/kept-promise.js';
import type {StorePath} from '../store.js';
import {S3Client} from './client.js';
import type {S3Credentials} from './credentials.js';
import {deleteObject} from './delete.js';
import {isMissing, S3Failure} from './errors.js';
import {KeySpace} from './keys.js';
import type {S3Connection} from './options.js';
import {presignedUrl} from './presign.js';

interface SignerConnection extends S3Connection {
  readonly credentials: () => Promise<S3Credentials>;
}

/** A server that does not answer soon is asked again with the next ticket. */
const STALL_MS = 1000;

/**
 * Answers whether the server heeds `x-amz-copy-source` where it was added to a URL that was signed without it, as MinIO
 * does: then whoever has the URL of a put can have the server put what any other object holds. Asked once, with the copy
 * of an object that is not there; while nothing is known the answer is true, the careful one.
 */
export function unsignedCopies(connection: SignerConnection, prefix: StorePath): () => Promise<boolean> {
  const asked = new KeptPromise<boolean>();
  return async () => {
    try {
      return await asked.get(() => takesUnsignedCopies(connection, prefix));
    } catch (error) {
      if (!(error instanceof S3Failure)) throw error;
      return true;
    }
  };
}

async function takesUnsignedCopies(connection: SignerConnection, prefix: StorePath): Promise<boolean> {
  const {bucket, region = 'us-east-1'} = connection;
  const key = new KeySpace(prefix).key(`.waybill-check-${randomBytes(8).toString('hex')}`);
  const client = new S3Client({
    ...{...connection, connections: 1, stallMs: STALL_MS, retries: {tries: 1}},
    credentials: {
      presigned: async () => {
        const signing = {...connection, credentials: await connection.credentials(), region, now: new Date()};
        return presignedUrl({method: 'PUT', key, headers: {}}, {...signing, validForSeconds: 60});
      },
    },
  });
  try {
    await client.call({method: 'PUT', key, headers: {'x-amz-copy-source': `/${bucket}/${key}`}});
    await removeEmpty(connection, key);
    return true;
  } catch (error) {
    if (isMissing(error)) return true;
    if (error instanceof S3Failure && !error.isTransient) return false;
    // Its answer may be what was lost.
    await removeEmpty(connection, key);
    throw error;
  } finally {
    client.close();
  }
}

/** What a server that knows no such header has put. That it stays is no reason to give no tickets. */
async function removeEmpty(connection: SignerConnection, key: string): Promise<void> {
  const client = new S3Client({...connection, connections: 1, stallMs: STALL_MS, retries: {tries: 2}});
  await deleteObject(client, key).catch(() => undefined);
  client.close();
}
