import {readFile, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'vitest';
import type {ExecutionHandle} from '../../src/client/api.js';
import {digests, makeInputs} from './corpus.js';
import {leftovers, type TestStack} from './stack.js';
import {arrived, type Direction, unfinished} from './unfinished.js';

const MIB = 1024 * 1024;

export interface Job {
  readonly handle: ExecutionHandle;
  /** Has a line for each time that the command was started. */
  readonly marker: string;
  readonly inputs: string;
}

export interface JobPlan {
  /** Default: returns copies of the inputs. */
  readonly script?: string;
  /** Bytes of the largest input. Default: enough to be hit while it moves. */
  readonly largest?: number;
}

/** Jobs of a stack to which something is done while they move their files. */
export class HitJobs {
  /** Ids of all that were started. */
  readonly started: string[] = [];
  readonly #stack: TestStack;
  readonly #here: string;

  /** `here` is where their inputs are made, and their outputs come to. */
  constructor(stack: TestStack, here: string) {
    this.#stack = stack;
    this.#here = here;
  }

  /** A job that says outside of its workspace that it was started. */
  async start(name: string, target: string, plan: JobPlan = {}): Promise<Job> {
    const {script = 'cp -r in out', largest = (target === 'gpu' ? 96 : 160) * MIB} = plan;
    const inputs = join(this.#here, name);
    const marker = join(this.#here, `${name}.started`);
    const files = await makeInputs(inputs, {
      'in/large.bin': largest,
      'in/middle.bin': 9 * MIB,
      'in/small': 1000,
      'in/empty': 0,
    });
    this.started.push(name);
    const handle = await this.#stack.client.start({
      id: name,
      target,
      command: ['sh', '-c', `echo started >> ${marker}; ${script}`],
      inputs: files,
    });
    return {handle, marker, inputs};
  }

  /** Starts jobs until one of them is hit while it moves: a fast machine may be through before the blow lands. */
  async hitWhile(
    direction: Direction,
    name: string,
    target: string,
    hit: (landed: () => Promise<void>) => Promise<void>,
    plan?: JobPlan,
  ): Promise<Job> {
    for (let tries = 1; tries <= 4; tries += 1) {
      const job = await this.start(`${name}-${tries}`, target, plan);
      const look = () => unfinished(this.#stack, target, job.handle.id, direction);
      const result = job.handle.result();
      const seen = await arrived(look, 3, result).then(
        () => true,
        () => false,
      );
      let filesHit = 0;
      // Called when the blow was dealt: what is unfinished then was hit.
      if (seen) await hit(async () => void (filesHit = (await look()).files));
      if (filesHit > 0) return job;
      await this.expectWhole(job);
    }
    throw new Error(`${name}: four executions were through before they could be hit`);
  }

  /** Everything that has to hold after whatever was done to the stack meanwhile. */
  async expectWhole({handle, marker, inputs}: Job): Promise<void> {
    const result = await handle.result();
    expect(result).toMatchObject({outcome: 'succeeded', starts: 1});
    expect(await readFile(marker, 'utf8')).toBe('started\n');
    const into = join(this.#here, `${handle.id}-out`);
    const files = await handle.download({into});
    expect(files.filter((file) => file.outcome === 'failed')).toEqual([]);
    const sent = await digests(join(inputs, 'in'));
    expect(await digests(join(into, 'out'))).toEqual(sent);
    expect(await leftovers(this.#stack, handle.id)).toEqual([]);
    await rm(into, {recursive: true, force: true});
  }
}
