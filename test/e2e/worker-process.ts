import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {postgresConnectionString} from '../../src/embedded/postgres.js';
import {type TestStack, WORKER} from './stack.js';

/** A worker as another machine has it: a state directory of its own, the same catalog, the same storage. */
export interface WorkerProcess {
  readonly stateDirectory: string;
  readonly pid: number;
  /** SIGKILL, and nobody starts it again. */
  kill(): void;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Resolves when it has ended, however. */
  readonly exited: Promise<unknown>;
}

/** Resolves when it polls. The name of one that was killed starts its successor, with the same state directory. */
export async function startWorker(stack: TestStack, name: string): Promise<WorkerProcess> {
  const {postgres} = await stack.record();
  if (!postgres) throw new Error('the stack has no catalog');
  const home = join(stack.directory, name);
  const stateDirectory = join(home, 'state');
  await mkdir(home, {recursive: true});
  const targets = await readFile(join(stack.directory, 'waybill.yaml'), 'utf8');
  // The store's directory stands in for storage that both machines reach.
  const shared = `stateDirectory: ${stateDirectory}
store: {kind: local, path: ${stack.storeRoot}}
catalog: {kind: postgres}
`;
  await writeFile(join(home, 'waybill.yaml'), shared + targets);
  const [program, ...args] = WORKER;
  const child = spawn(program, args, {
    cwd: home,
    env: {
      ...process.env,
      TEMPORAL_ADDRESS: stack.address,
      WAYBILL_CONFIG: join(home, 'waybill.yaml'),
      WAYBILL_CATALOG_URL: await postgresConnectionString(postgres),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  let said = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('The worker is ready.')) resolve();
      });
    }
    child.once('exit', () => reject(new Error(`the worker ended: ${said}`)));
  });
  return {
    stateDirectory,
    pid: child.pid ?? 0,
    exited,
    kill: () => void child.kill('SIGKILL'),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
