import {execFile} from 'node:child_process';
import {readFile} from 'node:fs/promises';
import {cpus, loadavg, release, totalmem} from 'node:os';
import {promisify} from 'node:util';
import {CIPHERS, nativeBindingLoaded} from '../src/ssh/algorithms.js';

const CRYPTO_FLAGS = ['aes', 'vaes', 'pclmulqdq', 'vpclmulqdq', 'sha_ni', 'sha1', 'sha2', 'avx2', 'avx512f'];

/** What the numbers depend on, a line each. */
export async function describeMachine(cipher: string): Promise<string[]> {
  const {stderr: ssh} = await promisify(execFile)('ssh', ['-V']);
  const [cpu] = cpus();
  const ours = CIPHERS[0];
  return [
    `Processor: ${cpus().length} × ${cpu?.model ?? 'unknown'}; instructions for ciphers and SHA: ${await cryptoFlags()}`,
    `Memory: ${(totalmem() / 2 ** 30).toFixed(0)} GiB; Linux ${release()}; /tmp on ${await fileSystem('/tmp')}`,
    `Node ${process.version} with OpenSSL ${process.versions.openssl}; ${ssh.trim()}`,
    `Cipher: ${cipher} for OpenSSH and ${String(ours)} for Waybill, ssh2's native binding ${nativeBindingLoaded() ? 'loaded' : 'NOT loaded'}`,
  ];
}

export function loadAverage(): string {
  return loadavg()
    .map((value) => value.toFixed(2))
    .join(' ');
}

async function cryptoFlags(): Promise<string> {
  const info = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(info)?.[1]?.trim().split(/\s+/));
  return CRYPTO_FLAGS.filter((flag) => flags.has(flag)).join(', ') || 'none found';
}

async function fileSystem(path: string): Promise<string> {
  const {stdout} = await promisify(execFile)('df', ['--output=fstype,source', path]);
  return stdout.trim().split('\n').at(-1)?.trim().split(/\s+/).join(' on ') ?? 'unknown';
}
