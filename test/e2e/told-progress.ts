/** The last progress of one kind in the events of `--json`. */
export function progressOf(stdout: string, event: string): {readonly resumedBytes: number} | undefined {
  const lines = stdout.split('\n').filter((line) => line.startsWith(`{"event":"${event}"`));
  const last = lines.at(-1);
  return last === undefined ? undefined : (JSON.parse(last) as {progress: {resumedBytes: number}}).progress;
}
