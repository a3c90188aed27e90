import {z} from 'zod';
import {environmentName, localPath, variableName} from './field-kinds.js';

const endpoint = z
  .string()
  .regex(
    /^https?:\/\/[^/?#@\s]+\/?$/,
    'must be http:// or https://, a host and perhaps a port, and nothing after them',
  );

/** What there is to say of any S3 store. */
const s3 = {
  kind: z
    .literal('s3')
    .describe(
      'The objects below a prefix of a bucket on a server that speaks S3. The bucket has to exist; `waybill setup` makes that of the default store.',
    ),
  endpoint: endpoint.describe('Where the worker reaches the server, such as `https://s3.eu-central-1.amazonaws.com`.'),
  bucket: z
    .string()
    .regex(/^[A-Za-z0-9._-]+$/, 'must be the name of a bucket')
    .describe('The bucket.'),
  prefix: z
    .string()
    .regex(
      /^(?!(?:.*\/)?\.{1,2}(?:\/|$))(?:[^/]+(?:\/[^/]+)*)?$/,
      'must be names joined by single slashes, with none at either end',
    )
    .default('')
    .describe(
      'What every key begins with, a slash after it. Nothing outside of it is read or written. Empty: the bucket.',
    ),
  region: z.string().min(1).default('us-east-1').describe('Region that requests are signed for.'),
  pathStyle: z
    .boolean()
    .default(true)
    .describe('`true` puts the bucket into the path, `false` before the host, as AWS wants it of new buckets.'),
  accessKeyIdEnv: environmentName(variableName.default('AWS_ACCESS_KEY_ID')).describe(
    'Name of the environment variable of the worker that holds the access key.',
  ),
  secretAccessKeyEnv: environmentName(variableName.default('AWS_SECRET_ACCESS_KEY')).describe(
    'Name of the environment variable that holds the secret key.',
  ),
  sessionTokenEnv: environmentName(variableName.optional()).describe(
    'Name of the environment variable that holds the session token of temporary credentials.',
  ),
  credentialsFile: localPath(z.string().min(1).optional()).describe(
    'File in the format of `~/.aws/credentials` that holds the keys instead of the environment. It is read again every ten seconds while it is needed, so that keys can change under a running worker.',
  ),
  credentialsProfile: z.string().min(1).default('default').describe('Section of `credentialsFile`.'),
  certificateAuthority: localPath(z.string().min(1).optional()).describe(
    'File with certificates, in PEM, that are trusted beside those of the system.',
  ),
  connections: z
    .number()
    .int()
    .min(1)
    .max(256)
    .default(16)
    .describe(
      'Connections kept to the server, each of which carries one request at a time. Small files gain from many. Files are read over other ones than everything else: of one alone, each change between the two begins another.',
    ),
  tries: z
    .number()
    .int()
    .min(1)
    .max(20)
    .default(6)
    .describe(
      'Times that one request is sent at most when the connection breaks or the server asks for patience. The steps of a transfer count their own attempts after that.',
    ),
};

export const s3Store = z.strictObject({
  ...s3,
  roots: z
    .array(z.string().min(1))
    .default(['/'])
    .describe(
      'Directories below the prefix that locations may name. The prefix is a bound already: all of it by default.',
    ),
  taskQueue: z
    .string()
    .min(1)
    .optional()
    .describe('Task queue of the worker that reaches this store. Default: `temporal.taskQueue`.'),
});

export const defaultS3Store = z.strictObject({
  ...s3,
  publicEndpoint: endpoint
    .optional()
    .describe(
      'Where clients reach the server: their tickets are URLs there, and its host is part of what is signed. Default: `endpoint`.',
    ),
  ticketSeconds: z
    .number()
    .int()
    .min(60)
    .max(604_800)
    .default(3600)
    .describe(
      'Time that a ticket is taken by the server, in seconds. Clients are given another one where theirs runs out. S3 allows a week; less than a minute would run out while a request waits its turn.',
    ),
  maxFileBytes: z
    .number()
    .int()
    .min(1)
    .max(5 * 1024 ** 4)
    .default(1024 ** 4)
    .describe('The largest input that a ticket is given for, in bytes: a TiB unless something else is said.'),
});
