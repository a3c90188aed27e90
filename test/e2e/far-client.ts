import {spawn} from 'node:child_process';
import {mkdir, mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** A machine that has a Temporal address and nothing else: no configuration, no credentials, a home of its own. */
export interface FarClient {
  readonly home: string;
  /** Where commands are typed. */
  readonly directory: string;
  /** The shipped command line. `whileItRuns` is given a way to kill it. */
  run(
    args: readonly string[],
    whileItRuns?: (kill: () => void) => Promise<void>,
  ): Promise<{readonly status: number | null; readonly stdout: string; readonly stderr: string}>;
  /** Ids of the runs that were started here and are not over. */
  open(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

export async function farClient(address: string): Promise<FarClient> {
  const home = await mkdtemp(join(tmpdir(), 'waybill-far-'));
  const directory = join(home, 'project');
  await mkdir(directory);
  return {
    home,
    directory,
    run: async (args, whileItRuns) => {
      const child = spawn(process.execPath, [join(process.cwd(), 'bin/waybill.cjs'), ...args], {
        cwd: directory,
        env: {PATH: process.env['PATH'], HOME: home, TEMPORAL_ADDRESS: address, NO_COLOR: '1'},
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
      child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      await whileItRuns?.(() => void child.kill('SIGKILL'));
      return {status: await ended, stdout, stderr};
    },
    open: async () => {
      const names = await readdir(join(home, '.local/state/waybill/cli')).catch(() => []);
      return names.flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : []));
    },
    remove: () => rm(home, {recursive: true, force: true}),
  };
}
