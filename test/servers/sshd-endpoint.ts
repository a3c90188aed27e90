import type {SshEndpoint} from '../../src/ssh/endpoint.js';
import type {Sshd} from './sshd.js';

/** How to reach a server of `startSshd`, with faster dead-peer detection than users get. */
export function endpointOf(sshd: Sshd, changes: Partial<SshEndpoint> = {}): SshEndpoint {
  return {
    name: 'lab',
    host: sshd.host,
    port: sshd.port,
    user: sshd.user,
    identities: [{path: sshd.identityFile}],
    identitiesOnly: true,
    knownHostsFiles: [sshd.knownHostsFile],
    connectTimeoutMs: 15_000,
    keepAliveMs: 500,
    deadAfterMs: 3_000,
    ...changes,
  };
}
