import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {freePort} from '../src/embedded/ports.js';
import {startStack} from '../src/embedded/supervisor.js';
import type {Lab} from './lab.js';

export interface BenchStack {
  readonly address: string;
  /** Where waybill.yaml is. */
  readonly directory: string;
  readonly stateDirectory: string;
  readonly workerPid: number;
}

export const CLI = join(process.cwd(), 'bin/waybill.cjs');

/** The embedded stack as `waybill dev` starts it, with the lab as its target `lab`. */
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
    workspaceRoot: join(remote, 'workspaces'),
  };
  await writeFile(join(directory, 'waybill.yaml'), JSON.stringify({stateDirectory, targets: {lab}, ...settings}));
  const stack = await startStack({
    stateDirectory,
    ports: {temporal: await freePort(), ui: await freePort()},
    workerCommand: [process.execPath, CLI, 'worker'],
    workerDirectory: directory,
    environment: {...process.env, TEMPORAL_ADDRESS: ''},
  });
  try {
    const {temporal, worker} = stack.record;
    if (temporal === undefined || worker === undefined) throw new Error('the stack is not whole');
    return await work({address: temporal.address, directory, stateDirectory, workerPid: worker.process.pid});
  } finally {
    await stack.stop();
  }
}
