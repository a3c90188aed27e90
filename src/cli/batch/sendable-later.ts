import {hasCode, WaybillError} from '../../contracts/errors.js';

/** The batch is open and waits for its files: what has arrived is not sent again. */
export function sendableLater(error: unknown, id: string): unknown {
  if (!hasCode(error) || !error.retryable) return error;
  const remedy = `The batch waits: send the rest and go on with \`waybill wait ${id}\` when that is mended.`;
  return new WaybillError(error.code, error.message, {cause: error, remedy});
}
