import {spawn} from 'node:child_process';
import {join} from 'node:path';
import type {TestStack} from './stack.js';

export interface CommandOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly whileItRuns?: (pid: number) => Promise<void>;
}

/** The shipped command line, as somebody types it in `cwd`, with the configuration of the stack. */
export async function waybillCommand(
  stack: Pick<TestStack, 'address' | 'directory' | 'stateDirectory'>,
  cwd: string,
  args: readonly string[],
  {environment, whileItRuns}: CommandOptions = {},
) {
  const child = spawn(process.execPath, [join(process.cwd(), 'bin/waybill.cjs'), ...args], {
    cwd,
    env: {
      ...process.env,
      WAYBILL_STATE_DIRECTORY: stack.stateDirectory,
      ...environment,
      TEMPORAL_ADDRESS: stack.address,
      WAYBILL_CONFIG: join(stack.directory, 'waybill.yaml'),
      NO_COLOR: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  await whileItRuns?.(child.pid ?? 0);
  return {status: await ended, stdout, stderr};
}
