import {setTimeout as delay} from 'node:timers/promises';
import type {MoveProgress} from '../../src/contracts/checkpoint.js';
import type {ExecutionHandle} from '../../src/client/index.js';
import type {ExecutionResult} from '../../src/contracts/execution.js';
import type {StackEvent} from '../../src/embedded/supervisor.js';
import {readStack} from '../../src/embedded/stack-file.js';
import type {Place} from './place.js';
import {count, megabytes, type Transcript} from './transcript.js';

export type Direction = MoveProgress['direction'];

/** What one `kill -9` cost. Times in milliseconds since 1970. */
export interface Crash {
  readonly direction: Direction;
  readonly killedAt: number;
  /** What Temporal knew of the move at that moment: up to a heartbeat old. */
  readonly known: MoveProgress;
  restartedAt?: number;
  movingAt?: number;
  /** The first and the last thing that the next attempt told of what it took up. */
  resumed?: MoveProgress;
}

const KILL_AT = 0.4;

/** Follows an execution to its end, and kills the worker once in each direction. */
export async function followAndKill(
  handle: ExecutionHandle,
  place: Place,
  workerEvents: readonly StackEvent[],
  transcript: Transcript,
): Promise<{readonly crashes: readonly Crash[]; readonly result: ExecutionResult}> {
  const crashes: Crash[] = [];
  const watching: Promise<void>[] = [];
  let told = -1;
  for await (const event of handle.progress()) {
    switch (event.event) {
      case 'stage': {
        transcript.say(`── ${event.stage}`);
        told = -1;
        break;
      }
      case 'retrying': {
        transcript.say(`${event.stage}: attempt ${event.attempt} is under way`);
        break;
      }
      case 'run':
        break;
      case 'move': {
        const {progress} = event;
        const {direction, bytesDone, bytesTotal, rate} = progress;
        const crash = crashes.find((made) => made.direction === direction);
        const share = bytesTotal === 0 ? 0 : bytesDone / bytesTotal;
        if (crash !== undefined && progress.resumedFrom !== undefined) {
          if (crash.resumed === undefined) transcript.say(resumption(progress));
          crash.resumed = progress;
        }
        if (Math.floor(share * 5) !== told) {
          told = Math.floor(share * 5);
          transcript.say(
            `${direction.padEnd(8)}${String(Math.round(share * 100)).padStart(3)} %  ${megabytes(bytesDone)} of ${megabytes(bytesTotal)}, ${megabytes(rate)}/s`,
          );
        }
        if (crash === undefined && share >= KILL_AT && share < 1) {
          const made = await kill(place, progress, transcript);
          crashes.push(made);
          watching.push(watch(made, place, workerEvents, transcript));
        }
        break;
      }
      case 'ended': {
        await Promise.all(watching);
        return {crashes, result: event.result};
      }
    }
  }
  throw new Error('the execution was followed and did not end');
}

async function kill(place: Place, known: MoveProgress, transcript: Transcript): Promise<Crash> {
  const pid = (await readStack(place.stateDirectory))?.worker?.process.pid;
  if (pid === undefined) throw new Error('the stack has no worker');
  process.kill(pid, 'SIGKILL');
  const {direction} = known;
  transcript.say(
    `kill -9 ${pid}: the worker dies while it ${direction}s, ${megabytes(known.bytesDone)} of ${megabytes(known.bytesTotal)}`,
  );
  return {direction, killedAt: Date.now(), known};
}

/** Notes when the next worker ran, and when the line began to carry files for it. */
async function watch(
  crash: Crash,
  {line}: Place,
  workerEvents: readonly StackEvent[],
  transcript: Transcript,
): Promise<void> {
  const before = workerEvents.length;
  const way = crash.direction === 'stage' ? 'to-target' : 'from-target';
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    await delay(5);
    const started = workerEvents.slice(before).find((event) => event.event === 'started');
    if (crash.restartedAt === undefined && started !== undefined) {
      crash.restartedAt = Date.now();
      transcript.say(`the supervisor has started another worker, pid ${started.pid}`);
    }
    const movingAt = line.movingSince(way, crash.killedAt);
    if (crash.restartedAt === undefined || movingAt === undefined) continue;
    crash.movingAt = movingAt;
    const seconds = ((movingAt - crash.restartedAt) / 1000).toFixed(1);
    transcript.say(`new bytes cross the line ${seconds} s after the restart`);
    return;
  }
}

function resumption({direction, resumedFrom, resumedBytes}: MoveProgress): string {
  return `${direction}: goes on from byte ${count(resumedFrom ?? 0)}; so far ${megabytes(resumedBytes)} are proved where they lie`;
}
