import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {freePort} from '../src/embedded/ports.js';
import {readStack} from '../src/embedded/stack-file.js';
import {startStack} from '../src/embedded/supervisor.js';
import type {Lab} from './lab.js';
import {workerPolls} from './worker-polls.js';

export interface BenchStack {
  readonly address: string;
  /** Where waybill.yaml is. */
  readonly directory: string;
  readonly stateDirectory: string;
  /** Of the worker that runs now: the stack starts another when one dies. */
  workerPid(): Promise<number>;
  /** Of the Temporal server and the worker that run now. */
  pids(): Promise<readonly number[]>;
}

export const CLI = join(process.cwd(), 'bin/waybill.cjs');

/** The embedded stack as `waybill dev` starts it, with the lab as its target `lab` and the near side as `here`. */
export async function withStack<T>(
  {sshd, local, remote}: Lab,
  work: (stack: BenchStack) => Promise<T>,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<T> {
  const stateDirectory = join(local, 'state');
  const directory = join(local, 'here');
  await mkdir(directory);
  const lab = {
    ...{kind: 'ssh', host: sshd.host, port: sshd.port, user: sshd.user, agent: false},
    ...{identityFile: sshd.identityFile, knownHostsFile: sshd.knownHostsFile, sshConfigFile: join(local, 'none')},
    ...{workspaceRoot: join(remote, 'workspaces'), roots: [remote]},
  };
  const here = {kind: 'local', roots: [local]};
  await writeFile(join(directory, 'waybill.yaml'), JSON.stringify({stateDirectory, targets: {lab, here}, ...settings}));
  const stack = await startStack({
    stateDirectory,
    ports: {temporal: await freePort(), ui: await freePort()},
    workerCommand: [process.execPath, CLI, 'worker'],
    workerDirectory: directory,
    environment: {...process.env, TEMPORAL_ADDRESS: ''},
  });
  try {
    const {temporal} = stack.record;
    if (temporal === undefined) throw new Error('the stack is not whole');
    await workerPolls(temporal.address);
    const workerPid = async () => {
      const pid = (await readStack(stateDirectory))?.worker?.process.pid;
      if (pid === undefined) throw new Error('no worker runs');
      return pid;
    };
    const pids = async () => {
      const {temporal: server, worker} = (await readStack(stateDirectory)) ?? {};
      return [server, worker].flatMap((service) => (service?.process ? [service.process.pid] : []));
    };
    return await work({address: temporal.address, directory, stateDirectory, workerPid, pids});
  } finally {
    await stack.stop();
  }
}
