import {createServer, type IncomingMessage, request as forward, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';

/** What goes wrong with one request. */
export type Fault =
  /** The server is not asked; the answer is an error of S3. */
  | {readonly kind: 'answer'; readonly status: number; readonly code: string}
  /** The server is not asked; the answer is this. */
  | {readonly kind: 'body'; readonly body: string}
  /** The answer comes in chunks and says nowhere how long it is. */
  | {readonly kind: 'chunked'}
  /** Nothing is answered and the connection is reset, before the body is read. */
  | {readonly kind: 'reset'}
  /** The server does what it is asked, and its answer is lost. */
  | {readonly kind: 'lost-answer'}
  /** The server is asked so many milliseconds later. */
  | {readonly kind: 'late'; readonly ms: number}
  /** Half of the answer's body arrives. */
  | {readonly kind: 'truncate'}
  /** One bit of the request's body is turned on the way. */
  | {readonly kind: 'flip'}
  /** The server is not told that the object is to be a copy, and puts an empty one; with `lost` its answer is lost, too. */
  | {readonly kind: 'no-copy'; readonly lost: boolean}
  /** The answer names another ETag. */
  | {readonly kind: 'wrong-etag'}
  /** The answer holds no checksum: as of a server that keeps none. */
  | {readonly kind: 'no-checksums'};

export interface Seen {
  readonly method: string;
  /** With its query. */
  readonly path: string;
}

/** Decides what goes wrong with a request; undefined lets it pass. */
export type Plan = (seen: Seen) => Fault | undefined;

/** An HTTP proxy in front of an S3 server. Signatures hold: the Host that the client has named is passed on. */
export interface FaultProxy {
  readonly endpoint: string;
  /** Every request since the last `plan`, faults included. */
  readonly seen: readonly Seen[];
  /** Most requests that were under way together since the last `plan`. */
  readonly mostAtOnce: number;
  plan(plan: Plan): void;
  close(): Promise<void>;
}

export async function startFaultProxy(upstreamPort: number): Promise<FaultProxy> {
  let plan: Plan = () => undefined;
  let seen: Seen[] = [];
  let underWay = 0;
  let mostAtOnce = 0;
  const server = createServer((request, response) => {
    mostAtOnce = Math.max(mostAtOnce, (underWay += 1));
    response.once('close', () => (underWay -= 1));
    const now = {method: request.method ?? '', path: request.url ?? ''};
    seen.push(now);
    serve(upstreamPort, request, response, plan(now)).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    get seen() {
      return seen;
    },
    get mostAtOnce() {
      return mostAtOnce;
    },
    plan: (next) => {
      plan = next;
      seen = [];
      mostAtOnce = underWay;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The first `times` requests that match get the fault. */
export function first(times: number, matches: (seen: Seen) => boolean, fault: Fault): Plan {
  let left = times;
  return (seen) => {
    if (left === 0 || !matches(seen)) return undefined;
    left -= 1;
    return fault;
  };
}

async function serve(port: number, request: IncomingMessage, response: ServerResponse, fault?: Fault): Promise<void> {
  if (fault?.kind === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  if (fault?.kind === 'answer' || fault?.kind === 'body') {
    // As servers do that refuse early: the body is not read.
    const body =
      fault.kind === 'body'
        ? fault.body
        : `<?xml version="1.0"?><Error><Code>${fault.code}</Code><Message>on purpose</Message></Error>`;
    response.writeHead(fault.kind === 'body' ? 200 : fault.status, {
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
    return;
  }
  if (fault?.kind === 'late') await delay(fault.ms);
  const body = await bytesOf(request);
  if (fault?.kind === 'flip') body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1;
  const headers = {...request.headers};
  delete headers.expect;
  if (fault?.kind === 'no-copy') delete headers['x-amz-copy-source'];
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const {method, url: path} = request;
    const passed = forward(
      {...{host: '127.0.0.1', port, agent: false, headers}, ...(method && path ? {method, path} : {})},
      resolve,
    );
    passed.once('error', reject);
    passed.end(body);
  });
  const answered = without(fault, answer, await bytesOf(answer));
  if (fault?.kind === 'lost-answer' || (fault?.kind === 'no-copy' && fault.lost)) {
    request.socket.resetAndDestroy();
    return;
  }
  const changed = fault?.kind === 'wrong-etag' ? {etag: '"00000000000000000000000000000000"'} : {};
  response.writeHead(answer.statusCode ?? 500, {...answer.headers, ...changed});
  if (fault?.kind === 'truncate') {
    response.write(answered.subarray(0, answered.length >> 1), () => request.socket.destroy());
    return;
  }
  response.end(answered);
}

/** The body without its checksums where the fault says so; the headers lose theirs, or the length. */
function without(fault: Fault | undefined, answer: IncomingMessage, body: Buffer): Buffer {
  if (fault?.kind === 'chunked') delete answer.headers['content-length'];
  if (fault?.kind !== 'no-checksums') return body;
  delete answer.headers['x-amz-checksum-sha256'];
  const left = Buffer.from(body.toString('latin1').replace(/<ChecksumSHA256>[^<]*<\/ChecksumSHA256>/g, ''), 'latin1');
  answer.headers['content-length'] = String(left.length);
  return left;
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(Buffer.from(piece as Uint8Array));
  return Buffer.concat(pieces);
}
