import type {FoundInputs} from '../../client/inputs/find-inputs.js';
import {findInputs} from '../../client/inputs/find-inputs.js';
import type {CliContext} from '../context.js';
import type {RunOptions} from './start.js';

/** What of this machine goes along: files among the arguments, `--input` and `--workdir`. */
export async function gatherInputs(
  {cwd}: Pick<CliContext, 'cwd'>,
  {command, inputs, workdir}: RunOptions,
): Promise<FoundInputs> {
  return findInputs(command, {cwd, explicit: inputs, ...(workdir === undefined ? {} : {workdir})});
}
