import {hasCode} from '../contracts/errors.js';
import {connect} from './connect.js';
import {hostLabel, type SshEndpoint} from './endpoint.js';
import {appendKnownHost, readKnownHosts} from './known-hosts-file.js';
import {fingerprint, judgeHostKey, keyTypeOf} from './known-hosts.js';
import {WaybillError} from '../contracts/errors.js';

export interface HostKeyOffer {
  readonly host: string;
  readonly keyType: string;
  /** `SHA256:…`, as `ssh-keygen -lf` prints it. */
  readonly fingerprint: string;
  readonly state: 'known' | 'unknown' | 'changed' | 'revoked';
  readonly knownHostsFile: string;
  /**
   * Appends the key to the known hosts, durably. Rejects with `ssh.host-key-changed` where another key is known:
   * that line has to be removed by a person first.
   */
  accept(): Promise<void>;
}

/**
 * Fetches the key that a host shows, without offering the host any credential. Where a jump host on the way is not
 * trusted yet, the offer is that host's: accept it and ask again.
 */
export async function trustHost(
  endpoint: SshEndpoint,
  options: {readonly signal?: AbortSignal} = {},
): Promise<HostKeyOffer> {
  if (endpoint.jump !== undefined) {
    const offer = await trustHost(endpoint.jump, options);
    if (offer.state !== 'known') return offer;
  }
  const [file] = endpoint.knownHostsFiles;
  if (file === undefined)
    throw new WaybillError('ssh.configuration', 'No known hosts file is configured', {path: endpoint.name});
  const key = await fetchHostKey(endpoint, options.signal);
  const host = hostLabel(endpoint);
  const {verdict} = judgeHostKey(await readKnownHosts(endpoint.knownHostsFiles), host, key);
  const shown = fingerprint(key);
  return {
    host,
    keyType: keyTypeOf(key),
    fingerprint: shown,
    state: verdict,
    knownHostsFile: file,
    accept: async () => {
      if (verdict === 'known') return;
      if (verdict !== 'unknown') {
        throw new WaybillError(
          'ssh.host-key-changed',
          `Another key is known for ${host}, or this one is revoked: ${shown}`,
          {
            path: endpoint.name,
            found: shown,
          },
        );
      }
      await appendKnownHost(file, `${host} ${keyTypeOf(key)} ${key.toString('base64')}`);
    },
  };
}

async function fetchHostKey(endpoint: SshEndpoint, signal: AbortSignal | undefined): Promise<Buffer> {
  const shown: Buffer[] = [];
  try {
    const connection = await connect(endpoint, {
      ...(signal === undefined ? {} : {signal}),
      acceptHostKey: (key) => {
        shown.push(Buffer.from(key));
        return false;
      },
    });
    connection.end();
  } catch (error) {
    // Refusing the key ends the handshake: that is the way out, once the key was seen.
    if (shown.length === 0 || !hasCode(error)) throw error;
  }
  const [key] = shown;
  if (key === undefined) throw new WaybillError('ssh.protocol', 'The server showed no host key', {path: endpoint.name});
  return key;
}
