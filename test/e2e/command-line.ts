import {spawn} from 'node:child_process';
import {join} from 'node:path';

export interface CommandLineOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** `told` is what it has written to standard error so far. */
  readonly whileItRuns?: (pid: number, told: () => string) => Promise<void>;
}

/** How a command of the command line ended and what it printed. */
export interface CommandLineEnd {
  /** `null` where a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  /** Standard output as it was, for what is not text. */
  readonly bytes: Buffer;
  readonly stderr: string;
}

/** The command line as it is shipped, in `cwd` with nothing but `env`. */
export async function commandLine(
  args: readonly string[],
  {cwd, env, whileItRuns}: CommandLineOptions,
): Promise<CommandLineEnd> {
  const child = spawn(process.execPath, [join(process.cwd(), 'bin/waybill.cjs'), ...args], {
    cwd,
    env: {...env, NO_COLOR: '1'},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (data: Buffer) => stdout.push(data));
  child.stderr.on('data', (data: Buffer) => stderr.push(data));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const told = () => Buffer.concat(stderr).toString();
  await whileItRuns?.(child.pid ?? 0, told);
  const status = await ended;
  const bytes = Buffer.concat(stdout);
  return {status, stdout: bytes.toString(), bytes, stderr: told()};
}
