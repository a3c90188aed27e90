import {type ErrorCode, WaybillError} from '../../contracts/errors.js';

export interface S3FailureDetails {
  /** 0 where there was no answer. */
  readonly status: number;
  /** The server's own word, such as `NoSuchKey`; for a broken connection the system's, such as `ECONNRESET`. */
  readonly code: string;
  readonly message: string;
  readonly requestId?: string;
  readonly retryAfterMs?: number;
  /** An earlier try of the same call may have reached the server: what is refused now may be what that try did. */
  readonly followsLostAnswer?: boolean;
  readonly cause?: unknown;
}

/** Words for trouble that passes, whatever status they come with. */
const TRANSIENT_CODES = new Set([
  ...['SlowDown', 'SlowDownRead', 'SlowDownWrite', 'InternalError', 'RequestTimeout'],
  // Two conditional writes of one key met: neither was refused for what is there, and AWS asks to send it again.
  ...['ConditionalRequestConflict', 'OperationAborted'],
]);
export const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([0, 408, 429, 500, 502, 503, 504]);

/** The server found other bytes than the digest that was signed with them. */
const DIGEST_CODES = new Set([
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  'XAmzContentChecksumMismatch',
  'InvalidDigest',
]);

/** Words of the TLS library for a certificate that is not trusted, has expired, or names another host. */
const CERTIFICATE_CODES = new Set([
  ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ...['UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_UNTRUSTED', 'CERT_HAS_EXPIRED'],
  ...['CERT_NOT_YET_VALID', 'CERT_REVOKED', 'CERT_SIGNATURE_FAILURE', 'ERR_TLS_CERT_ALTNAME_INVALID'],
]);

/** What a server or a connection said, before it is translated. Does not leave this directory. */
export class S3Failure extends Error {
  override readonly name = 'S3Failure';
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly followsLostAnswer: boolean;

  constructor(details: S3FailureDetails) {
    super(details.message, details.cause === undefined ? undefined : {cause: details.cause});
    this.status = details.status;
    this.code = details.code;
    this.requestId = details.requestId;
    this.retryAfterMs = details.retryAfterMs;
    this.followsLostAnswer = details.followsLostAnswer ?? false;
  }

  afterLostAnswer(): S3Failure {
    const {status, code, message, requestId, cause} = this;
    return new S3Failure({
      status,
      code,
      message,
      ...(requestId === undefined ? {} : {requestId}),
      cause,
      followsLostAnswer: true,
    });
  }

  /** Bytes that were corrupted on the way are sent once more like bytes that did not arrive. */
  get isTransient(): boolean {
    if (this.code === 'XMinioStorageFull' || this.isAboutCertificate) return false;
    return TRANSIENT_STATUSES.has(this.status) || TRANSIENT_CODES.has(this.code) || this.isCorrupted;
  }

  get isAboutCertificate(): boolean {
    return CERTIFICATE_CODES.has(this.code);
  }

  get isCorrupted(): boolean {
    return DIGEST_CODES.has(this.code);
  }

  /** Whether the server may have done what it was asked although this came back. */
  get mayHaveHappened(): boolean {
    return this.status === 0 || this.status >= 500 || (this.status === 200 && TRANSIENT_CODES.has(this.code));
  }
}

/** Of an answer that is no success: a refusal says why in a few lines. */
export const MOST_REASON_BYTES = 1024 * 1024;

/** A connection that ended, by the system's word for it. */
export function disconnected(error: Error): S3Failure {
  if (error instanceof S3Failure) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'ConnectionLost';
  return new S3Failure({status: 0, code, message: error.message || code, cause: error});
}

export function stalled(ms: number): S3Failure {
  return new S3Failure({status: 0, code: 'ETIMEDOUT', message: `Nothing came for ${ms} ms.`});
}

export function tooLarge(most: number): S3Failure {
  return new S3Failure({status: 200, code: 'AnswerTooLarge', message: `The answer has more than ${most} bytes.`});
}

export function isFailure(error: unknown, ...codesOrStatuses: readonly (string | number)[]): error is S3Failure {
  return (
    error instanceof S3Failure &&
    (codesOrStatuses.includes(error.code) || (error.status !== 0 && codesOrStatuses.includes(error.status)))
  );
}

/** Whether there is no such object. Servers say 404 of buckets, uploads and users, too: those are other matters. */
export function isMissing(error: unknown): error is S3Failure {
  return error instanceof S3Failure && error.status === 404 && ['NoSuchKey', 'NotFound'].includes(error.code);
}

/** Runs `work` and turns an S3Failure that it rejects with into a WaybillError about `path`; other errors stay. */
export async function translated<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asWaybillError(path, error);
  }
}

/** `error` itself, or a WaybillError about `path` where it is what a server or a connection said. */
export function asWaybillError(path: string, error: unknown): unknown {
  if (!(error instanceof S3Failure)) return error;
  const request = error.requestId === undefined ? '' : ` (request ${error.requestId})`;
  const said = `${error.code}: ${error.message}`;
  if (error.isAboutCertificate) {
    const message = `certificateAuthority: the server's certificate is not trusted (${said}): name the file that holds its issuer`;
    return new WaybillError('config.invalid', message, {path, cause: error});
  }
  const remedy = WRONG_KEYS.has(error.code) ? KEYS_REMEDY : undefined;
  const message = `${JSON.stringify(path)}: ${said}${request}`;
  return new WaybillError(codeOf(error), message, {path, cause: error, ...(remedy === undefined ? {} : {remedy})});
}

/** What servers say of an access key that they do not know, and of a secret that is not its own. */
const WRONG_KEYS = new Set(['SignatureDoesNotMatch', 'InvalidAccessKeyId', 'XAdminUserNotFound']);
const KEYS_REMEDY =
  'Check the access key and its secret where the store takes them from: `waybill config` names the place.';

const CODES: Readonly<Record<string, ErrorCode>> = {
  NoSuchKey: 'store.not-found',
  NoSuchBucket: 'store.not-found',
  NotFound: 'store.not-found',
  NoSuchUpload: 'transfer.partial-consumed',
  PreconditionFailed: 'store.already-exists',
  RequestTimeTooSkewed: 'store.clock-skewed',
  ExpiredToken: 'store.permission-denied',
  // Of one key of many, behind a status of 200.
  AccessDenied: 'store.permission-denied',
  // Versity Gateway, with a status of 404.
  XAdminUserNotFound: 'store.permission-denied',
  QuotaExceeded: 'store.no-space',
  XMinioStorageFull: 'store.no-space',
  XMinioAdminBucketQuotaExceeded: 'store.no-space',
  KeyTooLongError: 'name.not-carried',
  XMinioInvalidObjectName: 'name.not-carried',
  InvalidObjectName: 'name.not-carried',
  XMinioParentIsObject: 'store.not-a-directory',
  ObjectParentIsFile: 'store.not-a-directory',
  ExistingObjectIsDirectory: 'store.is-a-directory',
  XMinioObjectExistsAsDirectory: 'store.is-a-directory',
  NotImplemented: 'store.unsupported',
  XNotImplemented: 'store.unsupported',
  MethodNotAllowed: 'store.unsupported',
  EntityTooLarge: 'store.unsupported',
  PermanentRedirect: 'config.invalid',
  AuthorizationHeaderMalformed: 'config.invalid',
};

function codeOf(error: S3Failure): ErrorCode {
  if (error.isCorrupted) return 'transfer.checksum-mismatch';
  const known = CODES[error.code];
  if (known !== undefined) return known;
  if (error.status === 507) return 'store.no-space';
  if (error.isTransient) return 'store.unavailable';
  if (error.status === 401 || error.status === 403) return 'store.permission-denied';
  if (error.status === 404) return 'store.not-found';
  return 'store.io';
}
