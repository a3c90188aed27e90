import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {credentials, type S3Server, startS3Server} from './s3-server.js';

/** MinIO on one directory. */
export async function startMinio(on?: string): Promise<S3Server> {
  const server = await startS3Server(
    {
      binary: 'minio',
      args: (port, directory) => ['server', '--quiet', '--address', `127.0.0.1:${port}`, directory],
      environment: {
        MINIO_ROOT_USER: credentials.accessKeyId,
        MINIO_ROOT_PASSWORD: credentials.secretAccessKey,
        MINIO_BROWSER: 'off',
        // A full disk of the machine is not what the tests are about.
        MINIO_CI_CD: '1',
      },
    },
    on,
  );
  await mkdir(join(server.directory, server.bucket), {recursive: true});
  return server;
}
