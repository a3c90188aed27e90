import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {credentials, type S3Server, type S3ServerOptions, startS3Server} from './s3-server.js';

/** MinIO on one directory. */
export async function startMinio(options: S3ServerOptions = {}): Promise<S3Server> {
  const {certificate, domain} = options;
  const server = await startS3Server(
    {
      binary: 'minio',
      args: (port, directory) => [
        ...['server', '--quiet', '--address', `127.0.0.1:${port}`],
        ...(certificate === undefined ? [] : ['--certs-dir', certificate.directory]),
        directory,
      ],
      environment: {
        MINIO_ROOT_USER: credentials.accessKeyId,
        MINIO_ROOT_PASSWORD: credentials.secretAccessKey,
        MINIO_BROWSER: 'off',
        // A full disk of the machine is not what the tests are about.
        MINIO_CI_CD: '1',
        ...(domain === undefined ? {} : {MINIO_DOMAIN: domain}),
      },
    },
    options,
  );
  await mkdir(join(server.directory, server.bucket), {recursive: true});
  return server;
}
