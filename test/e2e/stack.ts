import {mkdir, mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {Client, Connection} from '@temporalio/client';
import {WaybillClient} from '../../src/client/client.js';
import {removePostgres} from '../../src/embedded/postgres.js';
import {readStack, type StackRecord} from '../../src/embedded/stack-file.js';
import {startStack} from '../../src/embedded/supervisor.js';
import {replayAll} from '../replay/replay.js';
import {freePort} from '../servers/ports.js';
import {type Sshd, type SshdOptions, startSshd} from '../servers/sshd.js';

export interface TestStack {
  readonly directory: string;
  readonly client: WaybillClient;
  readonly sshd: Sshd;
  readonly storeRoot: string;
  /** Where the workspaces of a target lie; both targets are on this machine. */
  workspaceRoot(target: string): string;
  record(): Promise<StackRecord>;
  /** SIGKILL for the worker; the supervisor starts another. */
  killWorker(): Promise<void>;
  workerPid(): Promise<number>;
  killTemporal(): Promise<void>;
  /** Replays everything that was started and ends the stack. */
  close(started: readonly string[]): Promise<void>;
}

/** The embedded stack as `waybill dev` has it, a worker from dist/, a local and an SSH target. */
export async function startTestStack(
  options: {readonly sshd?: SshdOptions; readonly more?: string; readonly environment?: Record<string, string>} = {},
): Promise<TestStack> {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-e2e-'));
  const stateDirectory = join(directory, 'state');
  const sshd = await startSshd(options.sshd);
  const remote = join(directory, 'remote');
  await mkdir(remote);
  await writeFile(join(directory, 'waybill.yaml'), configuration(sshd, remote, options.more ?? ''));
  const stop = new AbortController();
  const port = await freePort();
  const uiPort = await freePort();
  const stack = await startStack({
    stateDirectory,
    ports: {temporal: port, ui: uiPort},
    workerCommand: [process.execPath, join(import.meta.dirname, '../../bin/waybill.cjs'), 'worker'],
    workerDirectory: directory,
    environment: {
      ...process.env,
      ...options.environment,
      TEMPORAL_ADDRESS: undefined,
      WAYBILL_CONFIG: join(directory, 'waybill.yaml'),
    },
    signal: stop.signal,
  });
  const address = `127.0.0.1:${port}`;
  const client = await WaybillClient.connect({address});
  const record = async () => {
    const found = await readStack(stateDirectory);
    if (!found) throw new Error('the stack is gone');
    return found;
  };
  const workerPid = async () => {
    const pid = (await record()).worker?.process.pid;
    if (pid === undefined) throw new Error('no worker runs');
    return pid;
  };
  const kill = async (service: 'worker' | 'temporal') => {
    const before = (await record())[service]?.process?.pid;
    if (before === undefined) throw new Error(`no ${service} runs`);
    process.kill(before, 'SIGKILL');
    for (;;) {
      await delay(20);
      const now = (await record())[service]?.process?.pid;
      if (now !== undefined && now !== before) return;
    }
  };
  return {
    directory,
    client,
    sshd,
    storeRoot: join(stateDirectory, 'store'),
    workspaceRoot: (target) => (target === 'local' ? join(stateDirectory, 'workspaces') : remote),
    record,
    workerPid,
    killWorker: () => kill('worker'),
    killTemporal: () => kill('temporal'),
    close: async (started) => {
      const connection = await Connection.connect({address});
      try {
        await replayAll(new Client({connection}), {started});
      } finally {
        await connection.close();
        await client.close();
        stop.abort();
        await stack.stopped;
        await sshd.close();
        await removePostgres(stateDirectory);
        await rm(directory, {recursive: true, force: true});
      }
    },
  };
}

function configuration(sshd: Sshd, remote: string, more: string): string {
  return `targets:
  local:
    kind: local
    secrets: [E2E_SECRET]
${more}  gpu:
    kind: ssh
    host: ${sshd.host}
    port: ${sshd.port}
    user: ${sshd.user}
    identityFile: ${sshd.identityFile}
    knownHostsFile: ${sshd.knownHostsFile}
    sshConfigFile: /nonexistent
    workspaceRoot: ${remote}
    secrets: [E2E_SECRET]
`;
}

/** Everything below the workspace root but the tombstones and the line, and every unfinished file of the store. */
export async function leftovers(stack: TestStack, executionId: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const target of ['local', 'gpu']) {
    const root = stack.workspaceRoot(target);
    for (const entry of await list(root)) {
      const own = entry.startsWith(`${executionId}/`) || entry.startsWith('.trash/');
      const tombstone = /^[^/]+\/g\d+$/.test(entry);
      if (own && !tombstone) found.push(`${target}: ${entry}`);
    }
  }
  for (const entry of await list(join(stack.storeRoot, 'executions', executionId))) {
    if (/partial|\.ledger/.test(entry)) found.push(`store: ${entry}`);
  }
  return found;
}

async function list(root: string): Promise<readonly string[]> {
  return await readdir(root, {recursive: true}).catch(() => []);
}
