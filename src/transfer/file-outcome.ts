import {errorFacts, type ErrorCode} from '../contracts/error-codes.js';
import {isWaybillError, WaybillError} from '../contracts/errors.js';
import type {FailedOutcome, FileOutcome, MovedOutcome} from '../contracts/file-outcome.js';

export {type FailedOutcome, fileOutcome, type FileOutcome, type MovedOutcome} from '../contracts/file-outcome.js';

type Described = Pick<FileOutcome, 'name' | 'kind' | 'size'>;

/** The outcome of a file that is at the destination. Bytes that `details` leaves out are none. */
export function movedOutcome(
  {name, kind, size}: Described,
  outcome: MovedOutcome['outcome'],
  startedAt: number,
  details: Pick<MovedOutcome, 'verified'> & Partial<MovedOutcome>,
): MovedOutcome {
  const durationMs = Math.round(performance.now() - startedAt);
  return {...{outcome, name, kind, size, sentBytes: 0, resumedBytes: 0, resentBytes: 0, durationMs}, ...details};
}

/** What the engine learned too late to send anything: `error` becomes the file's one outcome. */
export function failedOutcome(file: Described, error: unknown, startedAt: number, sentBytes = 0): FailedOutcome {
  const code = isWaybillError(error) ? error.code : 'store.io';
  return {
    outcome: 'failed',
    name: file.name,
    kind: file.kind,
    size: file.size,
    code,
    message: error instanceof Error ? error.message : String(error),
    retryable: isRetryable(error),
    sentBytes,
    durationMs: Math.round(performance.now() - startedAt),
  };
}

export function isRetryable(error: unknown): boolean {
  return isWaybillError(error) ? error.retryable : false;
}

/** The error that a failed outcome was made of, for callers that move one file. */
export function errorOf({code, message, name}: Pick<FailedOutcome, 'code' | 'message' | 'name'>): WaybillError {
  return new WaybillError(isCode(code) ? code : 'store.io', message, {path: name});
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorFacts, code);
}
