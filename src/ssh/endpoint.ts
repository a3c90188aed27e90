/** A private key file. */
export interface Identity {
  readonly path: string;
  /** Decrypts the key; from the worker's environment, never from a workflow. */
  readonly passphrase?: string;
  /** A default name of OpenSSH's: no error where the file does not exist. */
  readonly optional?: boolean;
}

/** One SSH server with everything that connecting needs, nothing left to look up. */
export interface SshEndpoint {
  /** The target's name in the configuration, for messages. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Looked up in known_hosts in place of the host's own name. */
  readonly hostKeyAlias?: string;
  readonly identities: readonly Identity[];
  /** Offer nothing of the agent but the keys in `identities`. */
  readonly identitiesOnly: boolean;
  /** Socket of an SSH agent. */
  readonly agentSocket?: string;
  /** Read in order; `trustHost` appends to the first. */
  readonly knownHostsFiles: readonly string[];
  /** TCP connect, key exchange and authentication together; the start of an SFTP session, too. Milliseconds. */
  readonly connectTimeoutMs: number;
  /** Time between two probes of an idle connection. Milliseconds. */
  readonly keepAliveMs: number;
  /** A peer that has neither sent nor accepted a byte for so long is dead. Milliseconds. */
  readonly deadAfterMs: number;
  readonly ciphers?: readonly string[];
  readonly hostKeyAlgorithms?: readonly string[];
  /** The server through which this one is reached. */
  readonly jump?: SshEndpoint;
}

/** How known_hosts and messages write the address: the port only where it is not 22. */
export function hostLabel(endpoint: Pick<SshEndpoint, 'host' | 'port' | 'hostKeyAlias'>): string {
  if (endpoint.hostKeyAlias !== undefined) return endpoint.hostKeyAlias;
  return endpoint.port === 22 ? endpoint.host : `[${endpoint.host}]:${endpoint.port}`;
}
