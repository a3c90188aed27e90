import {execFile} from 'node:child_process';
import {mkdtemp, readFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';

export interface Certificate {
  /** Holds both files, named as MinIO wants them. */
  readonly directory: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** PEM: it has issued itself, and is what a client has to trust. */
  readonly certificate: string;
}

/** A certificate for this machine that nobody trusts yet. */
export async function makeCertificate(): Promise<Certificate> {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-tls-'));
  const [certificateFile, keyFile] = [join(directory, 'public.crt'), join(directory, 'private.key')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=waybill test', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
    ...['-keyout', keyFile, '-out', certificateFile],
  ]);
  return {directory, certificateFile, keyFile, certificate: await readFile(certificateFile, 'utf8')};
}
