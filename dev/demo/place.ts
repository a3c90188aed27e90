import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {stringify} from 'yaml';
import {startSshd} from '../../test/servers/sshd.js';
import {freePort} from '../../src/embedded/ports.js';
import {removePostgres} from '../../src/embedded/postgres.js';
import {type Stack, type StackEvent, startStack} from '../../src/embedded/supervisor.js';
import {type Line, openLine} from './line.js';

/** Everything that the demonstration has on this machine, in one temporary directory. */
export interface Place {
  readonly directory: string;
  readonly stateDirectory: string;
  /** Of the target: `{id}/g1/work` and so on. */
  readonly workspaces: string;
  readonly line: Line;
  readonly sshdLog: () => Promise<string>;
  startStack(onEvent: (event: StackEvent) => void): Promise<Stack>;
  close(): Promise<void>;
}

export async function makePlace(bytesPerSecond: number): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-demo-'));
  const stateDirectory = join(directory, 'state', 'waybill');
  const workspaces = join(directory, 'target');
  await mkdir(workspaces);
  const sshd = await startSshd();
  const line = await openLine(sshd.port, bytesPerSecond);
  // The line's port is the one that the worker sees.
  const knownHosts = join(directory, 'known_hosts');
  const hostKey = await readFile(`${sshd.hostKeyFiles[0] ?? ''}.pub`, 'utf8');
  await writeFile(knownHosts, `[127.0.0.1]:${line.port} ${hostKey}`);
  const gpu = {
    kind: 'ssh',
    host: '127.0.0.1',
    port: line.port,
    user: sshd.user,
    identityFile: sshd.identityFile,
    agent: false,
    knownHostsFile: knownHosts,
    sshConfigFile: join(directory, 'ssh_config'),
    workspaceRoot: workspaces,
  };
  await writeFile(join(directory, 'waybill.yaml'), stringify({targets: {gpu}}));
  return {
    directory,
    stateDirectory,
    workspaces,
    line,
    sshdLog: () => sshd.log(),
    async startStack(onEvent) {
      return await startStack({
        stateDirectory,
        workerCommand: [process.execPath, join(process.cwd(), 'bin', 'waybill.cjs'), 'worker'],
        workerDirectory: directory,
        environment: withoutOthers(process.env, {XDG_STATE_HOME: join(directory, 'state')}),
        ports: {temporal: await freePort(), ui: await freePort()},
        onEvent,
      });
    },
    async close() {
      await line.close();
      await sshd.close();
      await removePostgres(stateDirectory);
      await rm(directory, {recursive: true, force: true});
    },
  };
}

/** What is set for another Temporal or another worker is not meant for this one. */
function withoutOthers(environment: NodeJS.ProcessEnv, own: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !/^(TEMPORAL|WAYBILL)_/.test(name));
  return {...Object.fromEntries(kept), ...own};
}
