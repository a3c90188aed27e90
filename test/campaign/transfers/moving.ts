import {setTimeout as delay} from 'node:timers/promises';
import {type UnderWay, underWay} from '../../e2e/under-way.js';
import type {Machine} from './lab.js';
import type {Running} from './running.js';

/** Milliseconds between two looks at the records: they are written once a second. */
const LOOK_MS = 200;

/** Looks until it holds or the time is over, and says whether it did. */
export async function comesTrue(holds: () => Promise<boolean>, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) return false;
    await delay(LOOK_MS);
  }
  return true;
}

/** Where a transfer is, by the record that its worker keeps beside the heartbeats. */
export interface Stage {
  readonly activity: string;
  /** Of the activity, over all of its attempts. */
  readonly progress: number;
  /** Bytes have gone, and not every file is there. */
  readonly moves: boolean;
}

/** The stages of those that these workers have under way, or had when they died, by id. */
export async function stagesOn(
  machines: readonly Pick<Machine, 'stateDirectory'>[],
  transfers: readonly Running[],
): Promise<ReadonlyMap<string, Stage>> {
  const tasks = (await Promise.all(machines.map(underWay))).flat();
  const found = new Map<string, Stage>();
  for (const {id, settled} of transfers) {
    if (settled() !== undefined) continue;
    // One that was taken over is in the records of both.
    for (const task of tasks.filter(({executionId}) => executionId === id)) {
      const stage = stageOf(task);
      if (stage.progress >= (found.get(id)?.progress ?? 0)) found.set(id, stage);
    }
  }
  return found;
}

/** Of these transfers those whose bytes these workers move, or moved when they died. */
export async function movedBy(
  machines: readonly Pick<Machine, 'stateDirectory'>[],
  transfers: readonly Running[],
): Promise<readonly Running[]> {
  const stages = await stagesOn(machines, transfers);
  return transfers.filter(({id}) => stages.get(id)?.moves === true);
}

function stageOf({activity, checkpoint}: UnderWay): Stage {
  const {progress = 0, copy} = checkpoint ?? {};
  if (copy === undefined) return {activity, progress, moves: false};
  const {filesDone, filesTotal, bytesDone, sentBytes, checkingBytes = 0} = copy;
  return {activity, progress, moves: filesDone < filesTotal && bytesDone + sentBytes + checkingBytes > 0};
}
