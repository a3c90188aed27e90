import {setTimeout as delay} from 'node:timers/promises';
import {rm} from 'node:fs/promises';
import type {TestStack} from '../../e2e/stack.js';
import {unfinished} from '../../e2e/unfinished.js';
import {type Blow, strikeNow, watchFirstByte} from './blow.js';
import {judgeByHistory} from './history.js';
import {type Job, startJob} from './job.js';
import {awaitMoment} from './moment.js';
import type {Round, Strike} from './plan.js';
import {Pace} from './pace.js';
import {type Resent, verify} from './verify.js';

export interface RoundReport {
  readonly started: readonly string[];
  readonly blows: readonly Blow[];
  readonly missed: readonly Strike[];
  readonly resent: readonly Resent[];
  readonly complaints: readonly string[];
}

/** An execution that has not ended by then hangs. */
const END_WITHIN_MS = 180_000;

/** Starts the executions of a round at once, deals its strikes one after the other, and looks at what became of each. */
export async function playRound(stack: TestStack, root: string, seed: number, round: Round): Promise<RoundReport> {
  const ids = round.jobs.map((_, index) => `s${seed}-r${round.number}-${index + 1}`);
  const jobs = await Promise.all(round.jobs.map((plan, index) => startJob(stack, root, ids[index] ?? '', plan)));
  const blows: Blow[] = [];
  const missed: Strike[] = [];
  const watching: Promise<void>[] = [];
  const pace = new Pace(stack, jobs);
  let since = 0;
  for (const strike of round.strikes) {
    await goneOn(stack, jobs, blows.at(-1));
    const moment = await within(END_WITHIN_MS, awaitMoment(stack, jobs, strike, since));
    if (!moment) {
      missed.push(strike);
      continue;
    }
    const blow = await strikeNow(stack, round.number, jobs, strike, moment, pace);
    since = blow.restartedAt ?? Date.now();
    const last = blows.at(-1);
    if (last) last.nextAt = blow.struckAt;
    blows.push(blow);
    watching.push(watchFirstByte(stack, blow, moment.job));
  }
  await within(END_WITHIN_MS, Promise.allSettled(jobs.map(({result}) => result)));
  await Promise.all([...watching, pace.close()]);
  const open = jobs.filter((job) => job.settled() === undefined);
  if (open.length === 0) await judgeByHistory(stack, blows);
  const verdicts = await Promise.all(jobs.map((job) => verify(stack, job, blows)));
  await Promise.all(jobs.map((job: Job) => rm(job.directory, {recursive: true, force: true})));
  return {
    started: ids,
    blows,
    missed,
    resent: verdicts.flatMap(({resent}) => resent),
    complaints: verdicts.flatMap(({complaints}) => complaints),
  };
}

/** Milliseconds that what was hit gets to go on before the next strike. */
const GO_ON_MS = 30_000;

/**
 * Waits until everything that the last strike hit has written a byte since: three attempts in a row without progress
 * end a step, as promised, and a worker that dies whenever it has just started is what that is for.
 */
async function goneOn(stack: TestStack, jobs: readonly Job[], last: Blow | undefined): Promise<void> {
  if (last?.restartedAt === undefined) return;
  const until = Date.now() + GO_ON_MS;
  for (const {executionId, direction} of last.moving) {
    const job = jobs.find(({id}) => id === executionId);
    while (job?.settled() === undefined && job !== undefined && Date.now() < until) {
      const {files, modifiedAt} = await unfinished(stack, job.plan.target, job.id, direction);
      if (files === 0 || modifiedAt > last.restartedAt) break;
      await delay(20);
    }
  }
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | undefined> {
  const over = new AbortController();
  try {
    return await Promise.race([work, delay(milliseconds, undefined, {signal: over.signal}).catch(() => undefined)]);
  } finally {
    over.abort();
  }
}
