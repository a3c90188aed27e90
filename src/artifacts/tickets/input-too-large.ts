import {WaybillError} from '../../contracts/errors.js';

/** `most` in bytes. */
export function inputTooLarge(path: string, most: number): WaybillError {
  return new WaybillError('ticket.refused', `${JSON.stringify(path)} is larger than ${most} bytes, the most here.`, {
    path,
    expected: most,
    remedy: 'Send less, or raise store.maxFileBytes in the configuration of the worker.',
  });
}
