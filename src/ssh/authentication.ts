import {readFile} from 'node:fs/promises';
import ssh2, {
  type AnyAuthMethod,
  type IdentityCallback,
  type ParsedKey,
  type PublicKeyEntry,
  type SignCallback,
  type SigningRequestOptions,
} from 'ssh2';
import {WaybillError} from '../contracts/errors.js';
import type {Identity, SshEndpoint} from './endpoint.js';

/** One thing to offer to the server, and how messages call it. */
export interface Credential {
  readonly label: string;
  readonly method: AnyAuthMethod;
}

/**
 * What to offer, in order: identity files, then the agent. An encrypted key without a passphrase is offered through
 * the agent, which may hold it.
 */
export async function credentials(endpoint: SshEndpoint): Promise<Credential[]> {
  const offered: Credential[] = [];
  const publicKeys: Buffer[] = [];
  const locked: string[] = [];
  for (const identity of endpoint.identities) {
    const loaded = await loadIdentity(identity);
    if (loaded.state === 'ready') {
      offered.push({label: identity.path, method: {type: 'publickey', username: endpoint.user, key: loaded.key}});
      publicKeys.push(loaded.key.getPublicSSH());
    } else if (loaded.state === 'locked') {
      locked.push(identity.path);
      if (loaded.publicKey !== undefined) publicKeys.push(loaded.publicKey);
    }
  }
  if (endpoint.agentSocket !== undefined) {
    const agent = new ChosenKeysAgent(endpoint.agentSocket, endpoint.identitiesOnly ? publicKeys : undefined);
    offered.push({label: 'SSH agent', method: {type: 'agent', username: endpoint.user, agent}});
  }
  if (offered.length === 0 && locked.length > 0) {
    throw new WaybillError('ssh.authentication-failed', `The key ${locked.join(', ')} is encrypted`, {
      path: endpoint.name,
      remedy: 'Give the worker its passphrase through the environment, or load the key into an SSH agent.',
    });
  }
  return offered;
}

type Loaded =
  | {readonly state: 'ready'; readonly key: ParsedKey}
  | {readonly state: 'locked'; readonly publicKey?: Buffer}
  | {readonly state: 'absent'};

async function loadIdentity(identity: Identity): Promise<Loaded> {
  let content: Buffer;
  try {
    content = await readFile(identity.path);
  } catch (error) {
    if (identity.optional === true) return {state: 'absent'};
    throw new WaybillError('ssh.configuration', `Cannot read the identity file ${identity.path}`, {
      path: identity.path,
      cause: error,
    });
  }
  const parsed = ssh2.utils.parseKey(content, identity.passphrase);
  if (!(parsed instanceof Error)) {
    if (parsed.isPrivateKey()) return {state: 'ready', key: parsed};
    return {state: 'locked', publicKey: parsed.getPublicSSH()};
  }
  if (identity.passphrase === undefined && /encrypted|passphrase/i.test(parsed.message)) {
    const publicKey = await readPublicKey(`${identity.path}.pub`);
    return {state: 'locked', ...(publicKey === undefined ? {} : {publicKey})};
  }
  if (identity.optional === true) return {state: 'absent'};
  const reason = identity.passphrase === undefined ? parsed.message : `${parsed.message} (is the passphrase right?)`;
  throw new WaybillError('ssh.authentication-failed', `Cannot use the identity file ${identity.path}: ${reason}`, {
    path: identity.path,
    cause: parsed,
  });
}

async function readPublicKey(path: string): Promise<Buffer | undefined> {
  const content = await readFile(path).catch(() => undefined);
  const parsed = content === undefined ? undefined : ssh2.utils.parseKey(content);
  return parsed === undefined || parsed instanceof Error ? undefined : parsed.getPublicSSH();
}

/** An agent of which only some keys are offered: a server ends the connection after a few that it does not know. */
class ChosenKeysAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #agent: ssh2.OpenSSHAgent;
  readonly #only: readonly Buffer[] | undefined;

  constructor(socketPath: string, only: readonly Buffer[] | undefined) {
    super();
    this.#agent = new ssh2.OpenSSHAgent(socketPath);
    this.#only = only;
  }

  override getIdentities(cb: IdentityCallback<ParsedKey>): void {
    this.#agent.getIdentities((error, keys) => {
      // An agent that is gone is one credential less, not the end of the connection.
      if (error !== undefined && error !== null) cb(undefined, []);
      else cb(undefined, keys?.filter((key) => this.#offers(key)) ?? []);
    });
  }

  override sign(key: ParsedKey, data: Buffer, options: SigningRequestOptions | SignCallback, cb?: SignCallback): void {
    if (typeof options === 'function') this.#agent.sign(key, data, options);
    else this.#agent.sign(key, data, options, cb);
  }

  #offers(offered: ParsedKey | PublicKeyEntry): boolean {
    if (this.#only === undefined) return true;
    // ssh2's own agent answers with parsed keys; the other forms are for agents that others write.
    if (!('getPublicSSH' in offered)) return false;
    const blob = offered.getPublicSSH();
    return this.#only.some((wanted) => wanted.equals(blob));
  }
}
