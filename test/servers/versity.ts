import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {credentials, type S3Server, type S3ServerOptions, startS3Server} from './s3-server.js';

/** Versity Gateway on a directory: a bucket is a directory in it. */
export async function startVersity(options: S3ServerOptions = {}): Promise<S3Server> {
  const {certificate, domain} = options;
  const server = await startS3Server(
    {
      binary: 'versitygw',
      args: (port, directory) => [
        ...['--port', `127.0.0.1:${port}`, '--access', credentials.accessKeyId],
        ...['--secret', credentials.secretAccessKey, '--quiet', '--keep-alive'],
        ...(certificate === undefined ? [] : ['--cert', certificate.certificateFile, '--key', certificate.keyFile]),
        ...(domain === undefined ? [] : ['--virtual-domain', `${domain}:${port}`]),
        ...['posix', directory],
      ],
      environment: {},
    },
    options,
  );
  await mkdir(join(server.directory, server.bucket), {recursive: true});
  return server;
}
