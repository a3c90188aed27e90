import {validateHeaderValue} from 'node:http';
import {abandonOnAbort} from './abort.js';
import {type RangeAnswer, RangeConnection, type RangeEndpoint, type RangeRequest} from './range-connection.js';

export interface RangeCall extends Omit<RangeRequest, 'head'> {
  /** With its query, percent-encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The connections to one server over which large ranges come: as many as are asked at once, kept for the next. */
export class RangeConnections {
  readonly #endpoint: RangeEndpoint;
  /** The one that was asked last is the last. */
  readonly #open = new Set<RangeConnection>();
  #session: Buffer | undefined;

  constructor(endpoint: RangeEndpoint) {
    this.#endpoint = endpoint;
  }

  get count(): number {
    let open = 0;
    for (const connection of this.#open) if (connection.isOpen) open += 1;
    return open;
  }

  /** Answers `other` where the request has to be sent by a client that knows all of HTTP. Rejects with an S3Failure. */
  async get({path, headers, signal, ...request}: RangeCall): Promise<RangeAnswer | 'other'> {
    signal?.throwIfAborted();
    const head = requestHead(path, {host: this.#endpoint.url.host, ...headers});
    const connection = this.#idle ?? this.#another();
    this.#open.delete(connection);
    this.#open.add(connection);
    const answer = await abandonOnAbort(
      signal,
      () => connection.close(),
      async () => await connection.ask({head, ...request}),
    );
    signal?.throwIfAborted();
    return answer;
  }

  get hasIdle(): boolean {
    return this.#idle !== undefined;
  }

  /** Ends one that nobody uses, where there is one. */
  endIdle(): void {
    this.#idle?.close();
  }

  close(): void {
    for (const connection of this.#open) connection.close();
  }

  /** The one that was asked last: those above what is needed fall idle and end. */
  get #idle(): RangeConnection | undefined {
    let last: RangeConnection | undefined;
    for (const connection of this.#open) if (connection.isIdle) last = connection;
    return last;
  }

  #another(): RangeConnection {
    const session = this.#session === undefined ? {} : {session: this.#session};
    const connection: RangeConnection = new RangeConnection(
      {...this.#endpoint, ...session},
      {
        onClosed: () => this.#open.delete(connection),
        onSession: (last) => (this.#session = last),
      },
    );
    return connection;
  }
}

const PATH = /^\/[!-~]*$/;

function requestHead(path: string, headers: Readonly<Record<string, string>>): string {
  if (!PATH.test(path)) throw new TypeError(`${JSON.stringify(path)} is not percent-encoded.`);
  const lines = Object.entries(headers).map(([name, value]) => {
    validateHeaderValue(name, value);
    return `${name}: ${value}\r\n`;
  });
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
