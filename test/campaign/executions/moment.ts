import {setTimeout as delay} from 'node:timers/promises';
import type {TestStack} from '../../e2e/stack.js';
import {type Direction, unfinished} from '../../e2e/unfinished.js';
import {exists, type Job} from './job.js';
import type {Phase, Strike} from './plan.js';
import {underWay} from '../../e2e/under-way.js';

/** The instant at which a strike is due, and how to see afterwards that it was dealt in time. */
export interface Moment {
  readonly job: Job;
  /** Undefined where no bytes move. */
  readonly direction?: Direction;
  /** When the worker was seen to have ended a step, in milliseconds since 1970. */
  readonly endedAt?: number;
  /** True where the execution is still in the phase. */
  readonly stillThere: () => Promise<boolean>;
}

const LOOK_EVERY_MS = 3;

/**
 * Waits until an execution is where the strike is due, after the worker, which started at `since`, had taken up its
 * work. Undefined where every execution was past it.
 */
export async function awaitMoment(
  stack: TestStack,
  jobs: readonly Job[],
  strike: Strike,
  since: number,
): Promise<Moment | undefined> {
  // What cuts the line is for those that use it.
  const eligible = strike.kind === 'sshd-kill' ? jobs.filter(({plan}) => plan.target === 'gpu') : jobs;
  const first = strike.victim % eligible.length;
  const candidates = [...eligible.slice(first), ...eligible.slice(0, first)];
  const look = looks[strike.phase];
  const memory: Memory = {since, firstSeen: new Map(), tasks: new Map()};
  while (candidates.some((job) => job.settled() === undefined)) {
    for (const job of candidates) {
      if (job.settled() !== undefined) continue;
      const moment = await look({stack, job, strike, memory});
      if (moment) return moment;
    }
    await delay(LOOK_EVERY_MS);
  }
  return undefined;
}

interface Memory {
  readonly since: number;
  /** When something was first seen of an execution, in milliseconds since 1970. */
  readonly firstSeen: Map<string, number>;
  readonly tasks: Map<string, ReadonlySet<string>>;
}

interface Look {
  readonly stack: TestStack;
  readonly job: Job;
  readonly strike: Strike;
  readonly memory: Memory;
}

const looks: Readonly<Record<Phase, (look: Look) => Promise<Moment | undefined>>> = {
  staging: (look) => moving(look, 'stage'),
  collecting: (look) => moving(look, 'collect'),
  running,
  between,
};

async function moving({stack, job, strike, memory}: Look, direction: Direction): Promise<Moment | undefined> {
  const now = () => unfinished(stack, job.plan.target, job.id, direction);
  const seen = await now();
  if (seen.files === 0) return undefined;
  // Only what this worker has written itself counts: one that has not yet begun is hit in nothing.
  if (seen.modifiedAt <= memory.since || seen.bytes < strike.fraction * job.plan.largest) return undefined;
  return {job, direction, stillThere: async () => (await now()).files > 0};
}

async function running({stack, job, strike, memory}: Look): Promise<Moment | undefined> {
  const runs = async () => (await exists(job.starts)) && !(await exists(job.ends));
  if (!(await runs())) return undefined;
  const followed = (await underWay(stack)).some(
    ({executionId, activity}) => executionId === job.id && activity === 'runCommand',
  );
  if (!followed) return undefined;
  const first = memory.firstSeen.get(job.id) ?? Date.now();
  memory.firstSeen.set(job.id, first);
  // A quarter of its time at most, since two are dealt to most commands.
  if (Date.now() - first < (strike.fraction * job.plan.runMs) / 4) return undefined;
  return {job, stillThere: runs};
}

/** A step has ended for the worker when its record is gone: the server learns of it within the next milliseconds. */
async function between({stack, job, strike, memory}: Look): Promise<Moment | undefined> {
  // What a predecessor left is removed too, when it is handed over.
  const own = (await underWay(stack)).filter((task) => task.executionId === job.id && task.writtenAt > memory.since);
  const before = memory.tasks.get(job.id) ?? new Set();
  const now = new Set(own.map(({file}) => file));
  memory.tasks.set(job.id, now);
  if ([...before].every((file) => now.has(file))) return undefined;
  const endedAt = Date.now();
  await delay(strike.afterMs);
  // Only the history tells whether it was in time.
  return {job, endedAt, stillThere: async () => job.settled() === undefined};
}
