import {mkdir, mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type CommandLineEnd, commandLine} from './command-line.js';

/** A machine that has a Temporal address and nothing else: no configuration, no credentials, a home of its own. */
export interface FarClient {
  readonly home: string;
  /** Where commands are typed. */
  readonly directory: string;
  /** The shipped command line. `whileItRuns` is given a way to kill it. */
  run(args: readonly string[], whileItRuns?: (kill: () => void) => Promise<void>): Promise<CommandLineEnd>;
  /** Ids of the runs that were started here and are not over. */
  open(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

export async function farClient(
  address: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<FarClient> {
  const home = await mkdtemp(join(tmpdir(), 'waybill-far-'));
  const directory = join(home, 'project');
  await mkdir(directory);
  return {
    home,
    directory,
    run: (args, whileItRuns) =>
      commandLine(args, {
        cwd: directory,
        env: {PATH: process.env['PATH'], HOME: home, TEMPORAL_ADDRESS: address, ...environment},
        ...(whileItRuns ? {whileItRuns: (pid) => whileItRuns(() => void process.kill(pid, 'SIGKILL'))} : {}),
      }),
    open: async () => {
      const names = await readdir(join(home, '.local/state/waybill/cli')).catch(() => []);
      return names.flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : []));
    },
    remove: () => rm(home, {recursive: true, force: true}),
  };
}
