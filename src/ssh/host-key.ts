import {WaybillError} from '../contracts/errors.js';
import {hostLabel, type SshEndpoint} from './endpoint.js';
import {fingerprint, judgeHostKey, keyTypeOf, knownKeyTypes} from './known-hosts.js';
import {readKnownHosts} from './known-hosts-file.js';

export interface HostKeyCheck {
  readonly knownTypes: readonly string[];
  /** Why the key is not taken, or undefined where it is known. */
  refuse(key: Buffer): WaybillError | undefined;
}

/** Reads known_hosts before the key exchange: which algorithm is asked for depends on what it holds. */
export async function hostKeyCheck(endpoint: SshEndpoint): Promise<HostKeyCheck> {
  const lines = await readKnownHosts(endpoint.knownHostsFiles);
  const host = hostLabel(endpoint);
  return {
    knownTypes: knownKeyTypes(lines, host),
    refuse: (key) => {
      const verdict = judgeHostKey(lines, host, key);
      const shown = fingerprint(key);
      const details = {path: endpoint.name, found: shown};
      switch (verdict.verdict) {
        case 'known':
          return undefined;
        case 'revoked':
          return new WaybillError(
            'ssh.host-key-changed',
            `${host} shows the key ${shown}, which ${place(verdict.at)} revokes`,
            details,
          );
        case 'changed':
          return new WaybillError(
            'ssh.host-key-changed',
            `${host} shows the ${keyTypeOf(key)} key ${shown}, not the one in ${place(verdict.at)}`,
            {...details, expected: fingerprint(verdict.at.key)},
          );
        case 'unknown': {
          const others =
            verdict.otherTypes.length === 0 ? '' : ` (known are only keys of type ${verdict.otherTypes.join(', ')})`;
          return new WaybillError(
            'ssh.host-key-unknown',
            `${host} shows the unknown ${keyTypeOf(key)} key ${shown}${others}`,
            {
              ...details,
              remedy: `Compare the fingerprint with the host's own, then run \`waybill targets trust ${endpoint.name}\`.`,
            },
          );
        }
      }
    },
  };
}

function place(at: {readonly file: string; readonly line: number}): string {
  return `${at.file}:${at.line}`;
}
