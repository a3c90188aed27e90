import {Agent as PlainAgent} from 'node:http';
import {Agent as EncryptedAgent} from 'node:https';
import type {Socket} from 'node:net';
import {rootCertificates} from 'node:tls';
import pLimit, {type LimitFunction} from 'p-limit';
import {takeChunk} from '../../hashing/chunk-memory.js';
import {exchange, type HttpAnswer, type HttpRequest} from './exchange.js';
import type {RangeRequest} from './range-connection.js';
import {RangeConnections} from './range-connections.js';

export interface ConnectionsOptions {
  readonly url: URL;
  /** Open at once, and requests under way at once. */
  readonly most: number;
  /** Milliseconds. */
  readonly stallMs: number;
  /** In PEM, trusted beside those of the system. */
  readonly certificateAuthority?: string;
}

export interface ConnectionRequest extends Omit<HttpRequest, 'url' | 'agent' | 'stallMs'> {
  /** For calls by which the server moves bytes itself: milliseconds without an answer. */
  readonly stallMs?: number;
  /** See `S3Call`. */
  readonly receive?: 'lent' | 'own';
}

const MEMORY = {lent: takeChunk, own: (bytes: number) => Buffer.allocUnsafeSlow(bytes)};

/** What goes to one server: large ranges come over connections of their own kind, everything else over those of Node. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #agent: PlainAgent;
  readonly #ranges: RangeConnections;
  readonly #atOnce: LimitFunction;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    const {url, most, stallMs, certificateAuthority: extra} = options;
    this.#atOnce = pLimit(most);
    const trusted = extra === undefined ? {} : {ca: [...rootCertificates, extra]};
    this.#ranges = new RangeConnections({url, stallMs, ...trusted});
    // The last one used is used next: connections above what is needed fall idle and the server ends them.
    const kept = {keepAlive: true, maxSockets: most, scheduling: 'lifo', noDelay: true} as const;
    this.#agent = url.protocol === 'https:' ? new EncryptedAgent({...kept, ...trusted}) : new PlainAgent(kept);
  }

  /** Rejects with an S3Failure of status 0 where no answer came. */
  async send({receive, ...request}: ConnectionRequest): Promise<HttpAnswer> {
    return await this.#atOnce(async () => {
      const answer = receive === undefined ? 'other' : await this.#range(request, MEMORY[receive]);
      return answer === 'other' ? await this.#exchange(request) : answer;
    });
  }

  /** Ends every connection. */
  close(): void {
    this.#agent.destroy();
    this.#ranges.close();
  }

  async #range({path, headers, maxBytes, onBytes, signal}: ConnectionRequest, take: RangeRequest['take']) {
    if (this.#isFull && !this.#ranges.hasIdle) this.#idle?.destroy();
    return await this.#ranges.get({
      ...{path, headers, maxBytes, take},
      ...(onBytes === undefined ? {} : {onBytes}),
      ...(signal === undefined ? {} : {signal}),
    });
  }

  async #exchange(request: ConnectionRequest): Promise<HttpAnswer> {
    if (this.#isFull && this.#idle === undefined) this.#ranges.endIdle();
    const {url, stallMs} = this.#options;
    return await exchange({url, agent: this.#agent, stallMs, ...request});
  }

  get #isFull(): boolean {
    const {sockets, freeSockets} = this.#agent;
    return openOf(sockets).length + openOf(freeSockets).length + this.#ranges.count >= this.#options.most;
  }

  get #idle(): Socket | undefined {
    return openOf(this.#agent.freeSockets)[0];
  }
}

/** One that was ended stays among them for a moment. */
function openOf(groups: PlainAgent['sockets']): Socket[] {
  return Object.values(groups).flatMap((group = []) => group.filter((socket) => !socket.destroyed));
}
