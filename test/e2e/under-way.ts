import {readdir, readFile, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {type Checkpoint, isCheckpoint} from '../../src/contracts/checkpoint.js';
import type {TestStack} from './stack.js';

export interface UnderWay {
  readonly file: string;
  readonly activity: string;
  readonly executionId: string;
  /** The last that was sent, at most a second before; absent where none was yet. */
  readonly checkpoint?: Checkpoint;
  /** Milliseconds since 1970. */
  readonly writtenAt: number;
}

/** The activities that the worker has under way, or had when it died: its own record of them. */
export async function underWay(stack: Pick<TestStack, 'stateDirectory'>): Promise<readonly UnderWay[]> {
  const directory = join(stack.stateDirectory, 'tasks');
  const found: UnderWay[] = [];
  for (const file of await readdir(directory).catch(() => [])) {
    if (!file.endsWith('.json')) continue;
    const path = join(directory, file);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    const entry = await stat(path).catch(() => undefined);
    if (text === undefined || entry === undefined) continue;
    const record: unknown = JSON.parse(text);
    if (typeof record !== 'object' || record === null) continue;
    // Its worker keeps it until the server has surely heard of the end.
    if ('ended' in record) continue;
    if (!('activity' in record) || typeof record.activity !== 'string') continue;
    if (!('executionId' in record) || typeof record.executionId !== 'string') continue;
    const checkpoint = 'checkpoint' in record && isCheckpoint(record.checkpoint) ? {checkpoint: record.checkpoint} : {};
    const {activity, executionId} = record;
    found.push({file, activity, executionId, writtenAt: entry.mtimeMs, ...checkpoint});
  }
  return found;
}

/** Of these workers the one that has one of these activities of a run under way. */
export async function holderOf<Worker extends Pick<TestStack, 'stateDirectory'>>(
  workers: readonly Worker[],
  id: string,
  activities: readonly string[],
): Promise<Worker | undefined> {
  for (const worker of workers) {
    const tasks = await underWay(worker);
    if (tasks.some(({executionId, activity}) => executionId === id && activities.includes(activity))) return worker;
  }
  return undefined;
}

/**
 * Activities of these runs that their workers still have recorded after `seconds`. A worker that was killed or frozen
 * under one has its record until it is back, and another worker may have ended the run long before.
 */
export async function stillRecorded(
  workers: readonly Pick<TestStack, 'stateDirectory'>[],
  ids: readonly string[],
  seconds = 30,
): Promise<readonly UnderWay[]> {
  for (const deadline = Date.now() + seconds * 1000; ; ) {
    const recorded = (await Promise.all(workers.map(underWay))).flat();
    const left = recorded.filter(({executionId}) => ids.includes(executionId));
    if (left.length === 0 || Date.now() > deadline) return left;
    await delay(100);
  }
}
