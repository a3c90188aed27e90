import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {credentials, type S3Server, startS3Server} from './s3-server.js';

/** Versity Gateway on a directory: a bucket is a directory in it. */
export async function startVersity(on?: string): Promise<S3Server> {
  const server = await startS3Server(
    {
      binary: 'versitygw',
      args: (port, directory) => [
        ...['--port', `127.0.0.1:${port}`, '--access', credentials.accessKeyId],
        ...['--secret', credentials.secretAccessKey, '--quiet', '--keep-alive', 'posix', directory],
      ],
      environment: {},
    },
    on,
  );
  await mkdir(join(server.directory, server.bucket), {recursive: true});
  return server;
}
