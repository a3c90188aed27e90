import {readdir, readFile} from 'node:fs/promises';

/** Signals a process and everything it has started, found by parent ids: sessions of sshd leave its process group. */
export async function killTree(
  root: number,
  signal: NodeJS.Signals,
  options: {readonly keepRoot?: boolean} = {},
): Promise<void> {
  const victims = await descendants(root);
  if (options.keepRoot !== true) victims.unshift(root);
  for (const pid of victims) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'ESRCH') throw error;
    }
  }
}

/** Process ids below `root`, from /proc. */
export async function descendants(root: number): Promise<number[]> {
  const children = new Map<number, number[]>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined);
    // The command name is in parentheses and may hold spaces.
    const parent = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (Number.isNaN(parent)) continue;
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (const queue = [root]; queue.length > 0; ) {
    const next = children.get(queue.shift() ?? 0) ?? [];
    found.push(...next);
    queue.push(...next);
  }
  return found;
}
