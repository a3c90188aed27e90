import {type FaultJobs, type Job, MIB} from './fault-job.js';
import {arrived, type Direction, unfinished} from './unfinished.js';

export interface MovedJob {
  readonly target: string;
  /** Default: returns copies of the inputs. */
  readonly script?: string;
  /** Bytes of the largest input. Default: enough to be hit while it moves. */
  readonly largest?: number;
}

/** Starts a job that has an input of each size. */
export async function startMoved(jobs: FaultJobs, id: string, {target, largest, ...more}: MovedJob): Promise<Job> {
  const most = largest ?? (target === 'gpu' ? 96 : 160) * MIB;
  return await jobs.start(id, {
    ...{target, ...more},
    files: {'large.bin': most, 'middle.bin': 9 * MIB, small: 1000, empty: 0},
  });
}

/** Starts jobs until one of them is hit while it moves: a fast machine may be through before the blow lands. */
export async function hitWhile(
  jobs: FaultJobs,
  direction: Direction,
  name: string,
  moved: MovedJob,
  hit: (landed: () => Promise<void>) => Promise<void>,
): Promise<Job> {
  for (let tries = 1; tries <= 4; tries += 1) {
    const job = await startMoved(jobs, `${name}-${tries}`, moved);
    const look = () => unfinished(jobs.stack, moved.target, job.id, direction);
    const result = job.handle.result();
    const seen = await arrived(look, 3, result).then(
      () => true,
      () => false,
    );
    let filesHit = 0;
    // Called when the blow was dealt: what is unfinished then was hit.
    if (seen) await hit(async () => void (filesHit = (await look()).files));
    if (filesHit > 0) return job;
    await jobs.expectWhole(job);
  }
  throw new Error(`${name}: four executions were through before they could be hit`);
}
