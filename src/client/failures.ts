import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ServiceError,
  isGrpcServiceError,
  TerminatedFailure,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import {NamespaceNotFoundError} from '@temporalio/common';
import {errorFacts, type ErrorCode} from '../contracts/error-codes.js';
import {isWaybillError, toError, WaybillError} from '../contracts/errors.js';
import {CLOSED} from './closable-calls.js';

/** Temporal's errors as ours, once, where a client's call ends. */
export function translate(error: unknown, executionId: string): Error {
  if (isWaybillError(error)) return error;
  if (error instanceof WorkflowNotFoundError) {
    return new WaybillError('execution.not-found', `no execution ${executionId} is known`, {
      path: executionId,
      cause: error,
    });
  }
  const failed =
    error instanceof WorkflowFailedError || error instanceof WorkflowUpdateFailedError ? error.cause : error;
  // A workflow that only passes a question on fails as its activity did.
  const cause = failed instanceof ActivityFailure ? failed.cause : failed;
  if (cause instanceof ApplicationFailure && isErrorCode(cause.type)) {
    const remedy = remedyIn(cause.details?.[0]);
    return new WaybillError(cause.type, cause.message, {
      path: executionId,
      cause: error,
      ...(remedy === undefined ? {} : {remedy}),
    });
  }
  if (cause instanceof TerminatedFailure || cause instanceof CancelledFailure) {
    const how = cause instanceof CancelledFailure ? 'cancelled' : 'terminated in Temporal';
    return new WaybillError('execution.cancelled', `${executionId} was ${how}`, {
      path: executionId,
      cause: error,
    });
  }
  if (wasClosed(error)) return new WaybillError('client.closed', CLOSED, {path: executionId, cause: error});
  const status = error instanceof ServiceError ? error.cause : error;
  if (error instanceof NamespaceNotFoundError) {
    const remedy = 'Name one that is there, with --namespace or TEMPORAL_NAMESPACE, or have it made.';
    return new WaybillError('config.invalid', `Temporal has no namespace ${error.namespace}`, {cause: error, remedy});
  }
  if (error instanceof ServiceError || isGrpcServiceError(error)) {
    const details = isGrpcServiceError(status) ? status.details : error.message;
    return new WaybillError('client.unreachable', `Temporal did not answer: ${details}`, {cause: error});
  }
  return toError(error);
}

function wasClosed(error: unknown): boolean {
  const isCaller = error instanceof ServiceError || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError;
  const status = isCaller ? error.cause : error;
  return isGrpcServiceError(status) && status.details === CLOSED;
}

function isErrorCode(type: string | null | undefined): type is ErrorCode {
  return typeof type === 'string' && type in errorFacts;
}

function remedyIn(detail: unknown): string | undefined {
  if (typeof detail !== 'object' || detail === null || !('remedy' in detail)) return undefined;
  return typeof detail.remedy === 'string' ? detail.remedy : undefined;
}
