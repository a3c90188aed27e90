import {hasCode, WaybillError} from '../../contracts/errors.js';
import {COPY_AGAIN} from '../../contracts/transfer-progress.js';
import {translate} from '../failures.js';

/** Temporal's errors as ours, where they are about a transfer. */
export function translateTransfer(error: unknown, id: string): Error {
  const failure = translate(error, id);
  // A run is taken up by `waybill retry`, a copy by another one.
  if (hasCode(failure, 'execution.cancelled')) {
    return new WaybillError(failure.code, failure.message, {path: id, cause: error, remedy: COPY_AGAIN});
  }
  if (!hasCode(failure, 'execution.not-found')) return failure;
  return new WaybillError('transfer.not-found', `no transfer ${id} is known`, {path: id, cause: error});
}
