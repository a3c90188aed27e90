import {
  type Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as plain,
} from 'node:http';
import {request as encrypted} from 'node:https';
import {abandonOnAbort} from './abort.js';
import {hostnameOf} from './address.js';
import {disconnected, MOST_REASON_BYTES, stalled, tooLarge} from './errors.js';

export interface HttpRequest {
  readonly url: URL;
  readonly agent: Agent;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** A larger answer is refused before it is read. */
  readonly maxBytes: number;
  readonly stallMs: number;
  /** An answer that still comes after an abort is given instead of the abort: it names what has to be removed again. */
  readonly keepsLateAnswer?: boolean;
  /** Called whenever bytes of either body have gone over. */
  readonly onBytes?: () => void;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Bodies from this size on are held back until the server has seen the headers. A server that refuses early resets
 * the connection while a body is still being written, and its answer, the reason, is lost with the connection.
 */
const ASK_FIRST_BYTES = 1024 * 1024;

/** For servers that do not know the question. */
const ASK_FIRST_MS = 1000;

/** The system says of a write when all of it is with the network, and nothing before. */
const TOLD_BYTES = 512 * 1024;

/** How long a request that is already with the server may take to be answered after an abort. */
const GRACE_MS = 2000;

/** One request and its whole answer, whatever its status. Rejects with an S3Failure of status 0 where none came. */
export async function exchange(options: HttpRequest): Promise<HttpAnswer> {
  const {signal, keepsLateAnswer = false} = options;
  signal?.throwIfAborted();
  const request = begin(options);
  const answer = answerTo(request, options);
  const given = await abandonOnAbort(
    signal,
    () => abandon(request),
    async () => {
      send(request, options);
      return await answer;
    },
  );
  if (!keepsLateAnswer) signal?.throwIfAborted();
  return given;
}

function begin({url, agent, method, path, headers, body, stallMs}: HttpRequest): ClientRequest {
  const length = body === undefined ? {} : {'content-length': String(body.length)};
  const asks = asksFirst(body) ? {expect: '100-continue'} : {};
  const request = (url.protocol === 'https:' ? encrypted : plain)({
    ...{protocol: url.protocol, hostname: hostnameOf(url), port: url.port, agent, method, path},
    headers: {...headers, ...length, ...asks},
    // `setTimeout` of the request would begin to count with the connection: the system waits for that for two minutes.
    timeout: stallMs,
  });
  request.on('timeout', () => request.destroy(stalled(stallMs)));
  return request;
}

function asksFirst(body: Uint8Array | undefined): boolean {
  return body !== undefined && body.length >= ASK_FIRST_BYTES;
}

function send(request: ClientRequest, {body, onBytes}: HttpRequest): void {
  if (body === undefined || !asksFirst(body)) {
    request.end(body);
    return;
  }
  const sendBody = (): void => {
    if (onBytes === undefined) request.end(body);
    else sendInPieces(request, body, onBytes);
  };
  let decided = false;
  const once = (act: () => void) => (): void => {
    if (decided) return;
    decided = true;
    clearTimeout(timer);
    act();
  };
  const timer = setTimeout(once(sendBody), ASK_FIRST_MS);
  request.once('continue', once(sendBody));
  request.once(
    'response',
    once(() => undefined),
  );
  request.once(
    'close',
    once(() => undefined),
  );
  request.flushHeaders();
}

/** One after the other: pieces that wait together go, and are told, as one. */
function sendInPieces(request: ClientRequest, body: Uint8Array, onBytes: () => void): void {
  const piece = body.subarray(0, TOLD_BYTES);
  request.write(piece, (error) => {
    if (error || request.destroyed) return;
    onBytes();
    if (piece.length < body.length) sendInPieces(request, body.subarray(piece.length), onBytes);
    else request.end();
  });
}

function abandon(request: ClientRequest): void {
  // Bytes that the server has whole are written whatever becomes of the connection: better to know when that is done.
  if (!request.writableFinished) {
    request.destroy();
    return;
  }
  const timer = setTimeout(() => request.destroy(), GRACE_MS);
  request.once('close', () => clearTimeout(timer));
}

async function answerTo(request: ClientRequest, options: HttpRequest): Promise<HttpAnswer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const ended = (): void => reject(disconnected(new Error('The connection ended without an answer.')));
    request.once('close', ended);
    request.on('error', (error) => reject(disconnected(error)));
    request.once('response', (answer) => {
      // Every request closes: an error that nobody reads costs as much as signing one.
      request.off('close', ended);
      resolve(answer);
    });
  });
  try {
    const body = await bodyOf(response, options);
    return {status: response.statusCode ?? 0, headers: response.headers, body};
  } finally {
    // It was refused before the body was sent: what is left of the request must not hold the connection.
    if (!request.writableFinished) request.destroy();
  }
}

async function bodyOf(response: IncomingMessage, {method, maxBytes, onBytes}: HttpRequest): Promise<Buffer> {
  const length = response.headers['content-length'];
  const expected = method === 'HEAD' || length === undefined ? undefined : Number(length);
  const isSuccess = response.statusCode !== undefined && response.statusCode < 300;
  const most = isSuccess ? maxBytes : MOST_REASON_BYTES;
  if (expected !== undefined && expected > most) {
    response.destroy();
    throw tooLarge(most);
  }
  const whole = expected === undefined ? undefined : Buffer.allocUnsafeSlow(expected);
  const pieces: Buffer[] = [];
  let filled = 0;
  await new Promise<void>((resolve, reject) => {
    response.on('data', (piece: Buffer) => {
      onBytes?.();
      if (whole === undefined) pieces.push(piece);
      else piece.copy(whole, filled);
      filled += piece.length;
      // One that comes in chunks has not said before how long it is.
      if (filled > most) {
        reject(tooLarge(most));
        response.destroy();
      }
    });
    const cutOff = (): void => reject(disconnected(new Error('The answer was cut off.')));
    response.once('close', cutOff);
    response.once('error', (error) => reject(disconnected(error)));
    response.once('end', () => {
      response.off('close', cutOff);
      resolve();
    });
  });
  if (expected !== undefined && filled !== expected) throw disconnected(new Error('The answer was cut off.'));
  return whole ?? Buffer.concat(pieces);
}
