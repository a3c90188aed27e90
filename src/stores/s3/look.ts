import type {IncomingHttpHeaders} from 'node:http';
import {z} from 'zod';
import type {CallOptions} from '../store.js';
import type {S3Client} from './client.js';
import {type ListedObject, unquoted} from './entry.js';
import {isMissing, S3Failure} from './errors.js';
import {parseXml} from './xml.js';

/** The headers of an object, or undefined where there is none. */
export async function headOf(
  client: S3Client,
  key: string,
  {signal}: CallOptions = {},
): Promise<IncomingHttpHeaders | undefined> {
  try {
    return (await client.call({method: 'HEAD', key, ...(signal === undefined ? {} : {signal})})).headers;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export interface Page {
  readonly objects: readonly ListedObject[];
  /** Beginnings that several keys share up to the next slash; only where `byDirectory` was asked for. */
  readonly directories: readonly string[];
  /** Set where there is more. */
  readonly next: string | undefined;
}

export interface PageOptions extends CallOptions {
  readonly prefix: string;
  readonly byDirectory?: boolean;
  readonly after?: string | undefined;
  /** Keys up to this one are left out of the first page. */
  readonly afterKey?: string | undefined;
  readonly most?: number;
}

const listing = z.object({
  ListBucketResult: z.object({
    EncodingType: z.string().optional(),
    IsTruncated: z.string().optional(),
    NextContinuationToken: z.string().optional(),
    Contents: z
      .array(
        z.object({
          Key: z.string(),
          Size: z.string(),
          ETag: z.string().default(''),
          LastModified: z.string().default(''),
        }),
      )
      .default([]),
    CommonPrefixes: z.array(z.object({Prefix: z.string()})).default([]),
  }),
});

/** One page of a listing, in the order of the keys. */
export async function page(client: S3Client, options: PageOptions): Promise<Page> {
  const {prefix, byDirectory = false, after, afterKey, most, signal} = options;
  const answer = await client.call({
    method: 'GET',
    query: {
      // Without it a key with a control character would make the answer no XML.
      'encoding-type': 'url',
      'list-type': '2',
      prefix,
      ...(byDirectory ? {delimiter: '/'} : {}),
      ...(after === undefined ? {} : {'continuation-token': after}),
      ...(after !== undefined || afterKey === undefined ? {} : {'start-after': afterKey}),
      ...(most === undefined ? {} : {'max-keys': String(most)}),
    },
    ...(signal === undefined ? {} : {signal}),
  });
  const {ListBucketResult: read} = parseXml(listing, answer.body);
  const next = read.IsTruncated === 'true' ? read.NextContinuationToken : undefined;
  // A server of the older protocol would seem to hold one page of names, and what is copied would lack the others.
  if (read.IsTruncated === 'true' && (next === undefined || next === after)) {
    const message = 'The listing goes on, and the server does not say where: it does not know list-type 2.';
    throw new S3Failure({status: 200, code: 'MalformedAnswer', message});
  }
  // Versity Gateway does not know the question, and says so by what it leaves out.
  const decode = read.EncodingType === 'url' ? decodeKey : (key: string) => key;
  return {
    objects: read.Contents.map(({Key, Size, ETag, LastModified}) => ({
      ...{key: decode(Key), size: Number(Size), etag: unquoted(ETag), lastModified: LastModified},
    })),
    directories: read.CommonPrefixes.map(({Prefix}) => decode(Prefix)),
    next,
  };
}

/** Every page of a listing. */
export async function* pages(client: S3Client, options: PageOptions): AsyncGenerator<Page> {
  let after: string | undefined;
  do {
    const found = await page(client, {...options, after});
    yield found;
    after = found.next;
  } while (after !== undefined);
}

/** Whether any key begins with this. */
export async function anyBelow(client: S3Client, prefix: string, options: CallOptions = {}): Promise<boolean> {
  const {objects} = await page(client, {...options, prefix, most: 1});
  return objects.length > 0;
}

/** Servers write a space as a plus sign here, and a plus sign as `%2B`. */
export function decodeKey(encoded: string): string {
  return decodeURIComponent(encoded.replaceAll('+', ' '));
}
