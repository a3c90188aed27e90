import {z} from 'zod';
import {WaybillError} from '../../contracts/errors.js';
import {transferOptions, type TransferOptions, type TransferOptionsRequest} from '../../contracts/transfer.js';

/** The options with their defaults. Throws `input.invalid` where they are none, with the name of each that is wrong. */
export function parseOptions(request: TransferOptionsRequest): TransferOptions {
  const parsed = transferOptions.safeParse(request);
  if (parsed.success) return parsed.data;
  throw new WaybillError('input.invalid', z.prettifyError(parsed.error), {cause: parsed.error});
}
