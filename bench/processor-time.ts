import {readFile} from 'node:fs/promises';

/** A tick of the clocks in /proc, in milliseconds: `USER_HZ` is 100 wherever Node runs. */
const TICK_MS = 10;

/** Milliseconds of processor time of all threads of these processes, from /proc: Linux only. */
export async function processorTime(pids: readonly number[]): Promise<number> {
  const times = await Promise.all(pids.map(async (pid) => sum((await ticks(pid)).slice(0, 2))));
  return sum(times) * TICK_MS;
}

/** The same of the children of this process that have ended. */
export async function processorTimeOfChildren(): Promise<number> {
  return sum((await ticks(process.pid)).slice(2)) * TICK_MS;
}

/** `utime`, `stime`, `cutime` and `cstime` of proc(5), the 14th to 17th field. */
async function ticks(pid: number): Promise<readonly number[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, which may hold anything, is the second field, in parentheses.
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return afterName.slice(11, 15).map(Number);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
