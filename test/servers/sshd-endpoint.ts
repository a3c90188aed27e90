import type {SshEndpoint} from '../../src/ssh/endpoint.js';
import type {Sshd} from './sshd.js';

/** What it takes to log in at a server of the tests. */
export type SshServer = Pick<Sshd, 'host' | 'port' | 'user' | 'identityFile' | 'knownHostsFile'>;

/** How to reach a server, with faster dead-peer detection than users get. */
export function endpointOf(server: SshServer, changes: Partial<SshEndpoint> = {}): SshEndpoint {
  return {
    name: 'lab',
    host: server.host,
    port: server.port,
    user: server.user,
    identities: [{path: server.identityFile}],
    identitiesOnly: true,
    knownHostsFiles: [server.knownHostsFile],
    connectTimeoutMs: 15_000,
    keepAliveMs: 500,
    deadAfterMs: 3_000,
    ...changes,
  };
}
