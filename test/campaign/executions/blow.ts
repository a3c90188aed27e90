import {setTimeout as delay} from 'node:timers/promises';
import type {TestStack} from '../../e2e/stack.js';
import {type Direction, unfinished} from '../../e2e/unfinished.js';
import type {Job} from './job.js';
import type {Moment} from './moment.js';
import type {Moving, Pace} from './pace.js';
import type {Strike} from './plan.js';
import {type UnderWay, underWay} from '../../e2e/under-way.js';

/** What a strike hit and what came after it. Times in milliseconds since 1970. */
export interface Blow {
  readonly round: number;
  readonly strike: Strike;
  readonly executionId: string;
  readonly target: string;
  readonly struckAt: number;
  /** False where the phase was over before the signal arrived: it proves nothing about the phase. */
  inTime: boolean;
  /** Executions that had not ended. */
  readonly open: readonly string[];
  /** Activities that the worker had under way when it was hit. */
  readonly underWay: readonly UnderWay[];
  /** What the execution that it was meant for was moving. */
  readonly direction?: Direction;
  /** What moved in any execution, as fast as it had before. */
  readonly moving: readonly Moving[];
  /** When the next worker, or server, was started. */
  restartedAt?: number;
  firstByteAt?: number;
  /** Only of strikes between steps: from the nearest end of one, for the worker or the server; negative where the strike came first. */
  offsetMs?: number;
  /** Only of strikes between steps: when the history of the execution went on. */
  wentOnAt?: number;
  /** When the next strike was dealt: what comes later is not this one's doing. */
  nextAt?: number;
}

/** Milliseconds that a frozen worker stays frozen: past the heartbeat timeout of five seconds. */
const FREEZE_MS = 6_500;

export async function strikeNow(
  stack: TestStack,
  round: number,
  jobs: readonly Job[],
  strike: Strike,
  {job, direction, endedAt, stillThere}: Moment,
  pace: Pace,
): Promise<Blow> {
  const pid = await stack.workerPid();
  const end = await begin(stack, strike, pid);
  const struckAt = Date.now();
  const inTime = await stillThere();
  const blow: Blow = {
    ...{round, strike, executionId: job.id, target: job.plan.target, struckAt, inTime},
    open: jobs.filter((other) => other.settled() === undefined).map(({id}) => id),
    underWay: await underWay(stack),
    moving: await pace.now(),
    ...(direction ? {direction} : {}),
    ...(endedAt === undefined ? {} : {offsetMs: struckAt - endedAt}),
  };
  await end();
  blow.restartedAt = Date.now();
  return blow;
}

/** Deals it; the answer resolves when what was hit is back. */
async function begin(stack: TestStack, {kind}: Strike, pid: number): Promise<() => Promise<void>> {
  switch (kind) {
    case 'worker-kill': {
      process.kill(pid, 'SIGKILL');
      return async () => {
        for (;;) {
          const now = (await stack.record()).worker?.process.pid;
          if (now !== undefined && now !== pid) return;
          await delay(5);
        }
      };
    }
    case 'freeze': {
      process.kill(pid, 'SIGSTOP');
      return async () => {
        await delay(FREEZE_MS);
        process.kill(pid, 'SIGCONT');
      };
    }
    case 'sshd-kill': {
      await stack.sshd.killSessions();
      return async () => undefined;
    }
    case 'temporal-kill': {
      let killed: () => void = () => undefined;
      const signalled = new Promise<void>((resolve) => (killed = resolve));
      const back = stack.killTemporal(async () => killed());
      await signalled;
      return () => back;
    }
  }
}

/** Notes when the first byte after the blow was written, seen at the file itself. */
export async function watchFirstByte(stack: TestStack, blow: Blow, job: Job): Promise<void> {
  const {direction, restartedAt} = blow;
  if (!direction || restartedAt === undefined) return;
  let files = 1;
  while (files > 0 && job.settled() === undefined && blow.nextAt === undefined) {
    const seen = await unfinished(stack, job.plan.target, job.id, direction);
    files = seen.files;
    if (seen.modifiedAt > restartedAt) {
      blow.firstByteAt = seen.modifiedAt;
      return;
    }
    await delay(10);
  }
}
