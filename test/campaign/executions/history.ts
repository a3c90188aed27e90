import {lastAttempts} from '../../e2e/attempts.js';
import type {TestStack} from '../../e2e/stack.js';
import type {Blow} from './blow.js';

/** A strike within so many milliseconds of the end of a step hit between two. */
export const BETWEEN_MS = 50;

/** Adds what only the histories tell: how near to the end of a step a strike was, and when the execution went on. */
export async function judgeByHistory(stack: TestStack, blows: readonly Blow[]): Promise<void> {
  for (const blow of blows.filter(({strike}) => strike.phase === 'between')) {
    const ends: number[] = [];
    for (const id of blow.open) {
      const attempts = await lastAttempts(stack.temporal, id);
      ends.push(...attempts.flatMap(({completedAt}) => completedAt ?? []));
    }
    // An end that the server never heard of is in no history: there the worker's own word counts.
    const offsets = [blow.offsetMs ?? Number.POSITIVE_INFINITY, ...ends.map((end) => blow.struckAt - end)].sort(
      (a, b) => Math.abs(a) - Math.abs(b),
    );
    blow.offsetMs = offsets[0] ?? Number.POSITIVE_INFINITY;
    const wentOnAt = await wentOn(stack, blow);
    if (wentOnAt !== undefined) blow.wentOnAt = wentOnAt;
    blow.inTime = Math.abs(blow.offsetMs) <= BETWEEN_MS;
  }
}

/** The first event of its history after the one that struck, which no worker but the next can have made. */
async function wentOn(
  stack: TestStack,
  {executionId, struckAt, restartedAt, nextAt}: Blow,
): Promise<number | undefined> {
  const {events} = await stack.temporal.workflow.getHandle(executionId).fetchHistory();
  const times = (events ?? []).map(({eventTime}) => Number(eventTime?.seconds) * 1000 + (eventTime?.nanos ?? 0) / 1e6);
  const first = times.sort((a, b) => a - b).find((time) => time > Math.max(struckAt, restartedAt ?? 0));
  return first !== undefined && first < (nextAt ?? Number.POSITIVE_INFINITY) ? first : undefined;
}
