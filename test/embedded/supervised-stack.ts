import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, mkdtemp} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {setTimeout as delay} from 'node:timers/promises';
import {build} from 'esbuild';
import {isRecord} from '../../src/config/fields.js';
import {freePort} from '../servers/ports.js';
import {copyCluster} from '../servers/cluster-template.js';

export interface SupervisedStack {
  readonly process: ChildProcess;
  readonly events: readonly Readonly<Record<string, unknown>>[];
  /** The first event of that name, after `skip` others of it; rejects after 30 s, or when the supervisor has ended. */
  event(
    name: string,
    where?: Readonly<Record<string, unknown>>,
    skip?: number,
  ): Promise<Readonly<Record<string, unknown>>>;
  /** Ctrl-C, and waits to the end. */
  interrupt(): Promise<void>;
}

export interface StackPlace {
  readonly stateDirectory: string;
  readonly ports: {readonly temporal: number; readonly ui: number};
}

export async function newStackPlace(): Promise<StackPlace> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'waybill-stack-'));
  await copyCluster(stateDirectory);
  return {stateDirectory, ports: {temporal: await freePort(), ui: await freePort()}};
}

let script: Promise<string> | undefined;

/** Node 20 runs no TypeScript: the script is bundled once, where it finds the packages. */
async function bundle(): Promise<string> {
  const cache = join(process.cwd(), 'node_modules/.cache');
  await mkdir(cache, {recursive: true});
  const outfile = join(await mkdtemp(join(cache, 'waybill-test-')), 'supervise.mjs');
  await build({
    entryPoints: [join(process.cwd(), 'test/embedded/supervise.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
  return outfile;
}

export async function supervise(
  place: StackPlace,
  workerCommand: readonly string[] = ['sleep', '1000'],
): Promise<SupervisedStack> {
  script ??= bundle();
  const {temporal, ui} = place.ports;
  const child = spawn(
    process.execPath,
    [await script, place.stateDirectory, String(temporal), String(ui), ...workerCommand],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {...process.env, TEMPORAL_ADDRESS: ''},
    },
  );
  const events: Readonly<Record<string, unknown>>[] = [];
  createInterface({input: child.stdout}).on('line', (line) => {
    const event: unknown = JSON.parse(line);
    if (isRecord(event)) events.push(event);
  });
  return {
    process: child,
    events,
    async event(name, where = {}, skip = 0) {
      for (const deadline = Date.now() + 30_000; ; ) {
        const found = events.filter(
          (event) => event['event'] === name && Object.entries(where).every(([key, value]) => event[key] === value),
        );
        const event = found[skip];
        if (event !== undefined) return event;
        if (Date.now() > deadline || child.exitCode !== null) {
          throw new Error(`no event ${name} among ${JSON.stringify(events)}`);
        }
        await delay(10);
      }
    },
    async interrupt() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGINT');
      await once(child, 'exit');
    },
  };
}

/** Asks every 20 ms until the answer is true; rejects after `withinMs`. */
export async function eventually(condition: () => Promise<boolean>, withinMs: number): Promise<number> {
  const beginning = Date.now();
  while (!(await condition())) {
    if (Date.now() - beginning > withinMs) throw new Error(`not within ${withinMs} ms`);
    await delay(20);
  }
  return Date.now() - beginning;
}
