import type {LocalInput} from '../../client/api.js';
import {WaybillError} from '../../contracts/errors.js';
import type {CliContext} from '../context.js';
import type {RunOptions} from './start.js';

export interface GatheredInputs {
  /** With arguments rewritten where the file has another name in the workspace. */
  readonly command: readonly string[];
  readonly inputs: readonly LocalInput[];
  readonly warnings: readonly string[];
}

/** What of this machine goes along: files among the arguments, `--input` and `--workdir`. */
export async function gatherInputs(
  _context: Pick<CliContext, 'cwd'>,
  {command, inputs, workdir}: RunOptions,
): Promise<GatheredInputs> {
  const [first = workdir] = inputs;
  if (first !== undefined) throw new WaybillError('input.invalid', `${first} cannot be sent`, {path: first});
  return {command, inputs: [], warnings: []};
}
