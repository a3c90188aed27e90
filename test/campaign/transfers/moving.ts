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

/** Where a transfer is. */
export interface Stage {
  readonly activity: string;
  /** Grows with what its worker tells of the activity, and with the files that were seen at the destination. */
  readonly progress: number;
  /** Bytes have gone, and the activity that moves them has not ended. */
  readonly moves: boolean;
}

/** The stages of those that these workers have under way, or had when they died, by id: what their own records say. */
export async function stagesOn(
  machines: readonly Pick<Machine, 'stateDirectory'>[],
  transfers: readonly Running[],
): Promise<ReadonlyMap<string, Stage>> {
  const tasks = (await Promise.all(machines.map(underWay))).flat();
  const found = new Map<string, Stage>();
  for (const transfer of transfers) {
    if (transfer.settled() !== undefined) continue;
    // One that was taken over is in the records of both.
    for (const task of tasks.filter(({executionId}) => executionId === transfer.id)) {
      const stage = stageOf(task, transfer);
      if (stage.progress >= (found.get(transfer.id)?.progress ?? 0)) found.set(transfer.id, stage);
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

/** The worker tells of small files when a group of them is through: those that arrived before are seen at the destination. */
function stageOf({activity, checkpoint}: UnderWay, {arrived}: Running): Stage {
  const {copy} = checkpoint ?? {};
  const progress = (checkpoint?.progress ?? 0) + arrived.size;
  const {filesDone = 0, filesTotal = 1, bytesDone = 0, sentBytes = 0} = copy ?? {};
  const isMover = activity === 'planTransfer' || activity === 'copySegment';
  return {activity, progress, moves: isMover && filesDone < filesTotal && arrived.size + bytesDone + sentBytes > 0};
}
