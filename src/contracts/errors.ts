import {type ErrorCode, errorFacts} from './error-codes.js';

export type {ErrorCode} from './error-codes.js';

export interface ErrorDetails {
  /** The file, target or execution that the error is about, as the reader knows it. */
  readonly path?: string;
  readonly expected?: string | number;
  readonly found?: string | number;
  readonly cause?: unknown;
  /** Overrides the table's sentence where the situation allows a more exact next step. */
  readonly remedy?: string;
}

/**
 * The one error class of the project. What happened is `code`, which never changes meaning; what to do about it is
 * `remedy`; whether the same call may work later is `retryable`.
 *
 * Foreign errors (errno, SFTP status, HTTP, SQL) are translated into it once, where they enter the project.
 */
export class WaybillError extends Error {
  override readonly name = 'WaybillError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly remedy: string;
  readonly path?: string;
  readonly expected?: string | number;
  readonly found?: string | number;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : {cause: details.cause});
    const facts = errorFacts[code];
    this.code = code;
    this.retryable = facts.retryable;
    this.remedy = details.remedy ?? facts.remedy;
    if (details.path !== undefined) this.path = details.path;
    if (details.expected !== undefined) this.expected = details.expected;
    if (details.found !== undefined) this.found = details.found;
  }
}

/** What was thrown, as an error: anything can be, and a signal can be aborted with anything. */
export function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** True for a WaybillError with one of `codes`, also one that another copy of this package threw. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is WaybillError {
  return isWaybillError(error) && (codes.length === 0 || codes.includes(error.code));
}

/** True for a WaybillError, also one that another copy of this package threw. */
export function isWaybillError(error: unknown): error is WaybillError {
  return error instanceof Error && error.name === 'WaybillError' && 'code' in error && typeof error.code === 'string';
}
