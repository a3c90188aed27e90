import {quote} from '../../ssh/quote.js';
import type {HashShell} from './hash-shell.js';

/**
 * Puts everything on the medium that the file systems of these directories still hold in memory, also what others wrote
 * there. False where that failed: `sync` does not say for which file.
 */
export async function syncFileSystems(
  shell: HashShell,
  directories: readonly string[],
  signal?: AbortSignal,
): Promise<boolean> {
  const lines = await shell.ask(`sync -f ${directories.map(quote).join(' ')} 2>&1 && echo synced`, signal);
  return lines.at(-1) === 'synced';
}

/** Puts each file or directory on the medium by itself. Answers why not, in their order; undefined where it is there. */
export async function syncEach(
  shell: HashShell,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<readonly (string | undefined)[]> {
  const lines = await shell.ask(
    paths.map((path) => `{ sync ${quote(path)} && echo; } 2>&1 | tail -n 1`).join('\n'),
    signal,
  );
  return paths.map((_, index) => {
    const line = lines[index] ?? 'the target gave no answer';
    return line === '' ? undefined : line;
  });
}
