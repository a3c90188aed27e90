import {readdir, readFile, readlink} from 'node:fs/promises';
import fastGlob from 'fast-glob';

/** What an execution left on its target, but for the marks that keep late attempts out, and its unfinished files. */
export async function leftFiles(workspaces: string, store: string): Promise<readonly string[]> {
  const options = {dot: true, onlyFiles: false, markDirectories: true, absolute: true};
  const target = await fastGlob(['**/work/**', '**/staging/**', '**/control/**', '.trash/*', '*/*/'], {
    ...options,
    cwd: workspaces,
    ignore: ['.queue/**'],
  });
  const unfinished = await fastGlob(['executions/*/partials/**', '**/*.partial'], {...options, cwd: store});
  return [...target, ...unfinished];
}

/** Processes that have `directory` in their command, environment or working directory. */
export async function leftProcesses(directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    if (`${command}${environment}${cwd}`.includes(directory)) found.push(`${pid} ${command.replaceAll('\0', ' ')}`);
  }
  return found;
}
