import {join} from 'node:path';
import {commandLine, type CommandLineOptions} from './command-line.js';
import type {TestStack} from './stack.js';

export interface CommandOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly whileItRuns?: CommandLineOptions['whileItRuns'];
}

/** The shipped command line, as somebody types it in `cwd`, with the configuration of the stack. */
export async function waybillCommand(
  stack: Pick<TestStack, 'address' | 'directory' | 'stateDirectory'>,
  cwd: string,
  args: readonly string[],
  {environment, whileItRuns}: CommandOptions = {},
) {
  const env = {
    ...process.env,
    WAYBILL_STATE_DIRECTORY: stack.stateDirectory,
    ...environment,
    TEMPORAL_ADDRESS: stack.address,
    WAYBILL_CONFIG: join(stack.directory, 'waybill.yaml'),
  };
  return await commandLine(args, {cwd, env, ...(whileItRuns ? {whileItRuns} : {})});
}
