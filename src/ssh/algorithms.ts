import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import type {CipherAlgorithm, ServerHostKeyAlgorithm} from 'ssh2';

/** ssh2's native cipher binding; without it every packet is ciphered by three calls into node:crypto. */
export function nativeBindingLoaded(): boolean {
  try {
    createRequire(import.meta.url)('ssh2/lib/protocol/crypto/build/Release/sshcrypto.node');
    return true;
  } catch {
    return false;
  }
}

/** The directory whose `node_modules` holds ssh2: `npm rebuild` changes nothing from any other. */
export function ssh2Prefix(): string {
  const ssh2 = dirname(createRequire(import.meta.url).resolve('ssh2/package.json'));
  return join(ssh2, '../..');
}

const HOST_KEYS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** Fastest first, as measured over loopback; the last ones are for servers that know nothing newer. */
export const CIPHERS: readonly CipherAlgorithm[] = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'chacha20-poly1305@openssh.com',
  'aes128-ctr',
  'aes256-ctr',
];

/** Of the ciphers that a configuration names, those that can be had, in its order. */
export function chooseCiphers(wanted: readonly string[] | undefined): CipherAlgorithm[] {
  if (wanted === undefined) return [...CIPHERS];
  return wanted.flatMap((name) => CIPHERS.filter((cipher) => cipher === name));
}

/**
 * The host key algorithms to ask for: those of the keys that are known first, so that a server with several keys shows
 * the one that can be checked. `wanted` narrows them.
 */
export function chooseHostKeys(
  knownTypes: readonly string[],
  wanted: readonly string[] | undefined,
): ServerHostKeyAlgorithm[] {
  const known = knownTypes.flatMap((type) => (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type]));
  const ordered = [...known, ...HOST_KEYS].flatMap((name) => HOST_KEYS.filter((algorithm) => algorithm === name));
  return [...new Set(ordered)].filter((algorithm) => wanted?.includes(algorithm) ?? true);
}
