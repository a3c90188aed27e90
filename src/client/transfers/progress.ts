import type {WorkflowExecutionDescription} from '@temporalio/client';
import type {CopyProgress} from '../../contracts/checkpoint.js';
import type {TransferState} from '../../contracts/transfer-progress.js';
import type {Payloads} from '../payload-codec.js';
import {checkpointIn, lastFailureIn} from '../progress.js';

/** An activity whose last attempt failed or was lost. */
export interface Retrying {
  readonly activityId: string;
  readonly attempt: number;
  readonly reason: string;
}

/** What the pending activities of a transfer say of themselves, which `describe` shows. */
export async function pendingOf(
  {raw}: WorkflowExecutionDescription,
  payloads: Payloads,
): Promise<{readonly moving: readonly CopyProgress[]; readonly retrying: readonly Retrying[]}> {
  const moving: CopyProgress[] = [];
  const retrying: Retrying[] = [];
  for (const pending of raw.pendingActivities ?? []) {
    const {activityId, attempt} = pending;
    const checkpoint = await checkpointIn(pending, payloads);
    if (checkpoint?.copy) moving.push(checkpoint.copy);
    if (attempt === null || attempt === undefined || attempt <= 1) continue;
    retrying.push({activityId: activityId ?? '', attempt, reason: await lastFailureIn(pending, payloads)});
  }
  return {moving, retrying};
}

/** What is under way and what is over, together; undefined where nothing is under way. */
export function summed(state: TransferState, moving: readonly CopyProgress[]): CopyProgress | undefined {
  if (moving.length === 0) return undefined;
  const add = (pick: (progress: CopyProgress) => number) => moving.reduce((sum, progress) => sum + pick(progress), 0);
  const {planned, counts} = state;
  const file = moving.find((progress) => progress.file !== undefined)?.file;
  return {
    filesDone: counts.entries + add(({filesDone}) => filesDone),
    filesTotal: planned?.entries ?? add(({filesTotal}) => filesTotal),
    bytesDone: counts.bytes + add(({bytesDone}) => bytesDone),
    bytesTotal: planned?.bytes ?? add(({bytesTotal}) => bytesTotal),
    rate: add(({rate}) => rate),
    resumedBytes: counts.resumedBytes + add(({resumedBytes}) => resumedBytes),
    sentBytes: counts.sentBytes + add(({sentBytes}) => sentBytes),
    checkingBytes: add(({checkingBytes = 0}) => checkingBytes),
    ...(file === undefined ? {} : {file}),
  };
}
