import {appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {Client, Connection} from '@temporalio/client';
import type {PayloadCodec} from '@temporalio/common';
import {WaybillClient} from '../../src/client/client.js';
import {removePostgres} from '../../src/embedded/postgres.js';
import {readStack, type StackRecord} from '../../src/embedded/stack-file.js';
import {type StackEvent, startStack} from '../../src/embedded/supervisor.js';
import {loadWorkflowBundle} from '../../src/worker/bundle.js';
import {replayAll} from '../replay/replay.js';
import {copyCluster} from '../servers/cluster-template.js';
import {freePort} from '../servers/ports.js';
import {type Sshd, type SshdOptions, startSshd} from '../servers/sshd.js';
import {until} from '../until.js';
import {localTarget, sshTarget} from './targets.js';

export interface TestStackOptions {
  readonly sshd?: SshdOptions;
  /** Further targets, as lines of the configuration. */
  readonly more?: string | ((sshd: Sshd, directory: string) => string);
  /** Directories that locations may name on the SSH target, beside its workspaces. */
  readonly roots?: readonly string[];
  /** Further settings, as lines of the configuration. */
  readonly settings?: string;
  readonly environment?: Record<string, string>;
  /** What stands between the worker and sshd, given sshd's port: answers with the port to connect to. */
  readonly line?: (sshdPort: number) => Promise<number>;
  /** Default true; without one the test starts its own. */
  readonly worker?: boolean;
  readonly onEvent?: (event: StackEvent) => void;
  /** Of the clients of the test, and of the replay; the worker is told by `settings` or `environment`. */
  readonly payloadCodec?: PayloadCodec;
}

export interface TestStack {
  readonly directory: string;
  readonly stateDirectory: string;
  readonly address: string;
  readonly client: WaybillClient;
  /** For what only Temporal itself can tell. */
  readonly temporal: Client;
  readonly sshd: Sshd;
  readonly storeRoot: string;
  /** Where the workspaces of a target lie; both targets are on this machine. */
  workspaceRoot(target: string): string;
  record(): Promise<StackRecord>;
  /** SIGKILL for the worker, then `atOnce`; resolves when the supervisor has started another. */
  killWorker(atOnce?: () => Promise<void>): Promise<void>;
  workerPid(): Promise<number>;
  /** SIGKILL for the Temporal server, then `atOnce`; resolves when it was started again. */
  killTemporal(atOnce?: () => Promise<void>): Promise<void>;
  /** Replays everything that was started, or what was before a time, and ends the stack. */
  close(started: readonly string[], before?: Date): Promise<void>;
}

/** What is shipped. Vitest and the scripts run at the top of the package. */
export const WORKER = [process.execPath, join(process.cwd(), 'bin/waybill.cjs'), 'worker'] as const;

/** The embedded stack as `waybill dev` has it, a worker from dist/, a local and an SSH target. */
export async function startTestStack(options: TestStackOptions = {}): Promise<TestStack> {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-e2e-'));
  const stateDirectory = join(directory, 'state');
  const sshd = await startSshd(options.sshd);
  const remote = join(directory, 'remote');
  await mkdir(remote);
  const more = typeof options.more === 'function' ? options.more(sshd, directory) : (options.more ?? '');
  const sshPort = await connectTo(sshd, options.line);
  const {settings = ''} = options;
  await writeFile(
    join(directory, 'waybill.yaml'),
    configuration(sshd, sshPort, remote, more, options.roots) + settings,
  );
  await copyCluster(stateDirectory);
  const stop = new AbortController();
  const port = await freePort();
  const uiPort = await freePort();
  const stack = await startStack({
    stateDirectory,
    ports: {temporal: port, ui: uiPort},
    ...(options.worker === false ? {} : {workerCommand: WORKER}),
    ...(options.onEvent ? {onEvent: options.onEvent} : {}),
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
  const {payloadCodec} = options;
  const client = await WaybillClient.connect({address, ...(payloadCodec ? {payloadCodec} : {})});
  const connection = await Connection.connect({address});
  const dataConverter = {payloadCodecs: payloadCodec ? [payloadCodec] : []};
  const temporal = new Client({connection, dataConverter});
  if (options.worker !== false) await workerReady({client});
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
  const kill = async (service: 'worker' | 'temporal', atOnce?: () => Promise<void>) => {
    const before = (await record())[service]?.process?.pid;
    if (before === undefined) throw new Error(`no ${service} runs`);
    process.kill(before, 'SIGKILL');
    await atOnce?.();
    for (;;) {
      await delay(20);
      const now = (await record())[service]?.process?.pid;
      if (now !== undefined && now !== before) return;
    }
  };
  return {
    directory,
    stateDirectory,
    address,
    client,
    temporal,
    sshd,
    storeRoot: options.environment?.['WAYBILL_STORE_PATH'] ?? join(stateDirectory, 'store'),
    workspaceRoot: (target) => (target === 'local' ? join(stateDirectory, 'workspaces') : remote),
    record,
    workerPid,
    killWorker: (atOnce) => kill('worker', atOnce),
    killTemporal: (atOnce) => kill('temporal', atOnce),
    close: async (started, before) => {
      try {
        const workflowBundle = await loadWorkflowBundle(join(process.cwd(), 'dist'));
        const query = before === undefined ? {} : {query: `StartTime < '${before.toISOString()}'`};
        const replayed = {started, workflowBundle, dataConverter, ...query};
        if (before === undefined || started.length > 0) await replayAll(temporal, replayed);
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

/** On a busy machine a worker takes longer to poll than a client waits for one. */
export async function workerReady({client}: Pick<TestStack, 'client'>): Promise<void> {
  const answers = () =>
    client.targets().then(
      () => true,
      () => false,
    );
  await until('a worker', answers);
}

/** The host key is known under the port that the worker sees. */
async function connectTo(sshd: Sshd, line: TestStackOptions['line']): Promise<number> {
  if (!line) return sshd.port;
  const port = await line(sshd.port);
  const hostKey = await readFile(`${sshd.hostKeyFiles[0] ?? ''}.pub`, 'utf8');
  await appendFile(sshd.knownHostsFile, `[${sshd.host}]:${port} ${hostKey}`);
  return port;
}

function configuration(
  sshd: Sshd,
  port: number,
  remote: string,
  more: string,
  roots: TestStackOptions['roots'],
): string {
  return `targets:
${localTarget('local', {secrets: ['E2E_SECRET']})}${more}${sshTarget('gpu', sshd, {port, workspaceRoot: remote, secrets: ['E2E_SECRET'], roots})}`;
}

/** Everything below the workspace root but the tombstones and the line, and every unfinished file of the store. */
export async function leftovers(
  stack: TestStack,
  executionId: string,
  moreRoots: readonly string[] = [],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const root of [stack.workspaceRoot('local'), stack.workspaceRoot('gpu'), ...moreRoots]) {
    for (const entry of await list(root)) {
      const own = entry.startsWith(`${executionId}/`) || entry.startsWith('.trash/');
      const tombstone = /^[^/]+\/g\d+$/.test(entry);
      if (own && !tombstone) found.push(join(root, entry));
    }
  }
  for (const entry of await list(join(stack.storeRoot, 'executions', executionId))) {
    if (entry.startsWith('partials/')) found.push(`store: ${entry}`);
  }
  return found;
}

async function list(root: string): Promise<readonly string[]> {
  return await readdir(root, {recursive: true}).catch(() => []);
}
