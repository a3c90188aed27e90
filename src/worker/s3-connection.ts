import {readFile} from 'node:fs/promises';
import type {S3StoreConfiguration} from '../config/schema.js';
import {WaybillError} from '../contracts/errors.js';
import type {S3Connection} from '../stores/s3/options.js';

type Settings = Pick<
  S3StoreConfiguration,
  'endpoint' | 'bucket' | 'region' | 'pathStyle' | 'connections' | 'tries' | 'certificateAuthority'
>;

/** How the worker reaches an S3 store. Rejects with `config.invalid` where the certificates cannot be read. */
export async function s3Connection(
  {endpoint, bucket, region, pathStyle, connections, tries, certificateAuthority}: Settings,
  credentials: S3Connection['credentials'],
): Promise<S3Connection> {
  return {
    ...{endpoint, bucket, region, pathStyle, connections, retries: {tries}, credentials},
    ...(certificateAuthority === undefined ? {} : {certificateAuthority: await readCertificates(certificateAuthority)}),
  };
}

export async function readCertificates(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new WaybillError('config.invalid', `certificateAuthority: ${path} cannot be read`, {path, cause: error});
  }
}
