import {createHash} from 'node:crypto';
import {z} from 'zod';
import {hostOf, requestPath, type S3Resource} from './address.js';
import {Connections} from './connections.js';
import {taggingHeader} from './entry.js';
import {S3Failure} from './errors.js';
import type {HttpAnswer} from './exchange.js';
import {defaultRetries, type RetryPolicy, type S3Connection} from './options.js';
import {pathOfUrl, type PresignableRequest, type PresignedUrls} from './presign.js';
import {withRetries} from './retry.js';
import {signedHeaders} from './sign.js';
import {parsed} from './xml.js';

export interface S3Call extends S3Resource {
  readonly method: PresignableRequest['method'];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** SHA-256 of `body`, lower-case hexadecimal: signed, so that the server refuses other bytes. Computed where left out. */
  readonly sha256?: string;
  /** Bytes of the answer that are read at most. Default 16 MiB. */
  readonly maxBytes?: number;
  /**
   * For a GET that is expected to bring bytes of a length that the server says: they come over a connection that puts
   * them where they belong at once, into memory of `takeChunk`, for a caller who gives it back (`lent`), or not (`own`).
   * Where anything else comes, it is asked for a second time, in the ordinary way.
   */
  readonly receive?: 'lent' | 'own';
  /** For calls by which the server moves bytes itself: milliseconds without an answer. */
  readonly stallMs?: number;
  /** For calls whose answer begins before they are done: it can say 200 and hold an error. */
  readonly mayFailLate?: boolean;
  /** An answer that still comes after an abort is given instead of the abort: it names what has to be removed again. */
  readonly keepsLateAnswer?: boolean;
  /** Called where a try may have reached the server, and another is made. */
  readonly onLostAnswer?: () => void;
  /** Called whenever bytes of the body, or of that of the answer, have gone over. */
  readonly onBytes?: () => void;
  readonly signal?: AbortSignal;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const STALL_MS = 30_000;
const CONNECTIONS = 16;
const MOST_COPIED_BYTES = 5 * 1024 ** 3;
const PRESIGNED_PUTS = 256;
/** What servers take. */
const MOST_SKEW_MS = 15 * 60 * 1000;
const NOTHING = createHash('sha256').digest('hex');

/** Signed requests to one bucket, tried again as the policy says. Rejects with S3Failure. */
export class S3Client {
  readonly bucket: string;
  readonly connections: number;
  readonly mostCopiedBytes: number;
  /** Whether it holds no keys, and sends requests that somebody else has signed. */
  readonly presigned: boolean;
  /** Small objects that are put at once. Where each waits for its URL first, those of many are asked for together. */
  readonly putsAtOnce: number;
  readonly #connection: S3Connection;
  readonly #url: URL;
  readonly #connections: Connections;
  readonly #retries: RetryPolicy;
  readonly #tagging: Readonly<Record<string, string>>;
  /** Milliseconds that the server's clock is ahead of this one. */
  #clockOffset = 0;

  constructor(connection: S3Connection) {
    this.#connection = connection;
    this.bucket = connection.bucket;
    this.connections = connection.connections ?? CONNECTIONS;
    this.mostCopiedBytes = connection.mostCopiedBytes ?? MOST_COPIED_BYTES;
    this.presigned = 'presigned' in connection.credentials;
    this.putsAtOnce = this.presigned ? PRESIGNED_PUTS : this.connections;
    this.#retries = {...defaultRetries, ...connection.retries};
    this.#url = hostOf(connection);
    this.#tagging = taggingHeader(connection.newObjectTags ?? {});
    const {stallMs = STALL_MS, certificateAuthority} = connection;
    this.#connections = new Connections({
      ...{url: this.#url, most: this.connections, stallMs},
      ...(certificateAuthority === undefined ? {} : {certificateAuthority}),
    });
  }

  /** The answer, where its status is a success. */
  async call(call: S3Call): Promise<HttpAnswer> {
    return withRetries(this.#retries, call, async () => {
      try {
        return await this.#once(call);
      } catch (error) {
        if (!(error instanceof S3Failure) || !this.#isWorthAnother(error)) throw error;
        return await this.#once(call);
      }
    });
  }

  /** Ends every connection. */
  close(): void {
    this.#connections.close();
  }

  /** With the server's time, which is known from the refusal, or with credentials that were renewed meanwhile. */
  #isWorthAnother({code}: S3Failure): boolean {
    if (code === 'RequestTimeTooSkewed') return true;
    return code === 'ExpiredToken' && typeof this.#connection.credentials === 'function';
  }

  async #once(call: S3Call): Promise<HttpAnswer> {
    const answer = await this.#answerTo(call);
    if (answer.status >= 200 && answer.status < 300 && !(call.mayFailLate === true && holdsError(answer)))
      return answer;
    const failure = failureOf(answer);
    throw this.#isAboutTime(failure, answer) ? this.#learnTime(failure, answer) : failure;
  }

  async #answerTo(call: S3Call): Promise<HttpAnswer> {
    const {credentials, region = 'us-east-1'} = this.#connection;
    if (typeof credentials === 'object' && 'presigned' in credentials) return await this.#atUrl(call, credentials);
    const {method} = call;
    const request = {
      ...{method, path: requestPath(this.#connection, call), host: this.#url.host, region},
      headers: {...call.headers, ...digestHeaders(call), ...(makesObject(call) ? this.#tagging : {})},
      now: new Date(Date.now() + this.#clockOffset),
    };
    const headers = signedHeaders(request, typeof credentials === 'function' ? await credentials() : credentials);
    return await this.#exchange(call, request.path, headers);
  }

  /** A URL that expired, or whose signer's clock or keys were wrong, is replaced by another, once. */
  async #atUrl(call: S3Call, urls: PresignedUrls): Promise<HttpAnswer> {
    const headers = presignedHeaders(call);
    const {method, key, query} = call;
    const request = {
      ...{method, headers: method === 'GET' || method === 'HEAD' ? {} : headers},
      ...(key === undefined ? {} : {key}),
      ...(query === undefined ? {} : {query}),
    };
    const options = call.signal === undefined ? {} : {signal: call.signal};
    const url = await urls.presigned(request, options);
    const answer = await this.#exchange(call, pathOfUrl(url), headers);
    if (answer.status !== 403) return answer;
    const another = await urls.presigned(request, {...options, refused: url});
    return await this.#exchange(call, pathOfUrl(another), headers);
  }

  #exchange(call: S3Call, path: string, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> {
    const {method, body, maxBytes = MAX_ANSWER_BYTES} = call;
    return this.#connections.send({
      ...{method, path, headers, maxBytes},
      ...(body === undefined ? {} : {body}),
      ...(call.stallMs === undefined ? {} : {stallMs: call.stallMs}),
      ...(call.receive === undefined ? {} : {receive: call.receive}),
      ...(call.keepsLateAnswer === undefined ? {} : {keepsLateAnswer: call.keepsLateAnswer}),
      ...(call.onBytes === undefined ? {} : {onBytes: call.onBytes}),
      ...(call.signal === undefined ? {} : {signal: call.signal}),
    });
  }

  /** An answer to HEAD holds no reason: a refusal by a server whose clock is elsewhere is taken for one about time. */
  #isAboutTime(failure: S3Failure, {headers}: HttpAnswer): boolean {
    if (failure.code === 'RequestTimeTooSkewed') return true;
    if (failure.status !== 403 || !failure.code.startsWith('Http')) return false;
    return Math.abs(Date.parse(headers.date ?? '') - Date.now() - this.#clockOffset) > MOST_SKEW_MS;
  }

  #learnTime({status, message}: S3Failure, {headers}: HttpAnswer): S3Failure {
    const theirs = Date.parse(headers.date ?? '');
    if (!Number.isNaN(theirs)) this.#clockOffset = theirs - Date.now();
    return new S3Failure({status, code: 'RequestTimeTooSkewed', message});
  }
}

/** A put of a whole object, or the beginning of one in parts. */
function makesObject({method, key, query, headers}: S3Call): boolean {
  if (key === undefined || headers?.['x-amz-copy-source'] !== undefined) return false;
  return query === undefined ? method === 'PUT' : method === 'POST' && 'uploads' in query;
}

function digestHeaders({body, sha256}: S3Call): Record<string, string> {
  if (body === undefined) return {'x-amz-content-sha256': NOTHING};
  if (sha256 === undefined) return {'x-amz-content-sha256': createHash('sha256').update(body).digest('hex')};
  // The checksum is signed like every header; naming it twice would have the server hash twice.
  return {
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64'),
  };
}

/**
 * What a presigned request sends: its URL leaves the body unsigned, so that the length and, of what is stored, the
 * checksum are headers that are signed.
 */
function presignedHeaders({method, headers, body, sha256}: S3Call): Record<string, string> {
  if (body === undefined) return {...headers};
  const digest = method === 'PUT' ? (sha256 ?? createHash('sha256').update(body).digest('hex')) : undefined;
  return {
    ...headers,
    'content-length': String(body.length),
    ...(digest === undefined ? {} : {'x-amz-checksum-sha256': Buffer.from(digest, 'hex').toString('base64')}),
  };
}

const errorAnswer = z.object({
  Error: z.object({Code: z.string(), Message: z.string().default(''), RequestId: z.string().optional()}),
});

function holdsError(answer: HttpAnswer): boolean {
  return answer.body.length > 0 && errorAnswer.safeParse(parsed(answer.body)).success;
}

function failureOf(answer: HttpAnswer): S3Failure {
  const {status, headers} = answer;
  let said: z.output<typeof errorAnswer>['Error'] | undefined;
  try {
    said = answer.body.length === 0 ? undefined : errorAnswer.safeParse(parsed(answer.body)).data?.Error;
  } catch {
    // A proxy's page instead of an answer of S3: its status counts.
  }
  const id = said?.RequestId ?? headers['x-amz-request-id'];
  const seconds = Number(headers['retry-after']);
  return new S3Failure({
    ...{status, code: said?.Code ?? codeOfStatus(status), message: said?.Message ?? `HTTP status ${status}`},
    ...(typeof id === 'string' ? {requestId: id} : {}),
    ...(Number.isFinite(seconds) ? {retryAfterMs: seconds * 1000} : {}),
  });
}

/** HEAD has no body to say more in. */
function codeOfStatus(status: number): string {
  if (status === 404) return 'NotFound';
  return status === 412 ? 'PreconditionFailed' : `Http${status}`;
}
