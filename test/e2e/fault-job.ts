import {mkdtemp, readdir, readFile, rm, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {expect} from 'vitest';
import type {ExecutionHandle, StartOptions} from '../../src/client/api.js';
import {processesOf} from '../execution/processes.js';
import {digests, makeInputs} from './corpus.js';
import {leftovers, type TestStack, workerReady} from './stack.js';

export const MIB = 1024 * 1024;

export interface JobPlan {
  readonly target: string;
  /** Sizes of the inputs, by name below `in/`. */
  readonly files?: Readonly<Record<string, number>>;
  /** Default: returns copies of the inputs. */
  readonly script?: string;
  readonly more?: Partial<StartOptions>;
}

export interface Job {
  readonly handle: ExecutionHandle;
  readonly id: string;
  readonly inputs: string;
  /** One line for each start of the command, outside of every workspace. */
  readonly marker: string;
}

/** Jobs of one test file: what they were given, how often they started, and that nothing of them stays. */
export class FaultJobs {
  readonly started: string[] = [];

  private constructor(
    readonly stack: TestStack,
    readonly directory: string,
    /** Workspace roots beside those that every stack has. */
    private readonly roots: readonly string[],
  ) {}

  static async open(stack: TestStack, roots: readonly string[] = []): Promise<FaultJobs> {
    await workerReady(stack);
    return new FaultJobs(stack, await mkdtemp(join(tmpdir(), 'waybill-faults-')), roots);
  }

  async close(): Promise<void> {
    await this.stack.close(this.started);
    await rm(this.directory, {recursive: true, force: true});
  }

  async start(id: string, plan: JobPlan): Promise<Job> {
    const inputs = join(this.directory, id);
    const marker = join(this.directory, `${id}.started`);
    const sizes: Record<string, number> = {};
    for (const [name, size] of Object.entries(plan.files ?? {})) sizes[`in/${name}`] = size;
    const files = await makeInputs(inputs, sizes);
    this.started.push(id);
    const script = `echo started >> ${marker}; ${plan.script ?? 'cp -r in out'}`;
    const handle = await this.stack.client.start({
      id,
      target: plan.target,
      command: ['sh', '-c', script],
      inputs: files,
      ...plan.more,
    });
    return {handle, id, inputs, marker};
  }

  /** The right bytes came back, the command started once, there is one outcome, and nothing is left. */
  async expectWhole(job: Job): Promise<void> {
    const result = await job.handle.result();
    expect(result, JSON.stringify(result)).toMatchObject({outcome: 'succeeded', starts: 1});
    expect(await this.starts(job)).toBe(1);
    const into = join(this.directory, `${job.id}-out`);
    const files = await job.handle.download({into});
    expect(files.filter((file) => file.outcome === 'failed')).toEqual([]);
    expect(await digests(join(into, 'out'))).toEqual(await digests(join(job.inputs, 'in')));
    await this.expectNothingLeft(job);
    await rm(into, {recursive: true, force: true});
  }

  async starts({marker}: Job): Promise<number> {
    const text = await readFile(marker, 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line === 'started').length;
  }

  async expectNothingLeft({id}: Pick<Job, 'id'>): Promise<void> {
    expect(await processesOf(id)).toEqual([]);
    expect(await leftovers(this.stack, id, this.roots)).toEqual([]);
    const record = await this.stack.client.execution(id).record();
    expect(record?.state).not.toBe('open');
  }
}

/** The unfinished file below `directory` once it holds `bytes`; looks a few hundred times a second. */
export async function partialOf(directory: string, bytes: number): Promise<string> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    for (const name of await readdir(directory).catch(() => [])) {
      if (!name.endsWith('.partial')) continue;
      const path = join(directory, name);
      const size = await stat(path).then(
        ({blocks}) => blocks * 512,
        () => 0,
      );
      if (size >= bytes) return path;
    }
    await delay(3);
  }
  throw new Error(`no unfinished file of ${bytes} bytes was seen in ${directory}`);
}

/** A matcher for a message that names `what`. */
export function say(what: string): unknown {
  const matcher: unknown = expect.stringContaining(what);
  return matcher;
}
