import {execFile} from 'node:child_process';
import {promisify} from 'node:util';

const execute = promisify(execFile);

let known: Promise<boolean> | undefined;

/** Whether the system's `sync` can put a whole file system on the medium: that of GNU can, that of macOS cannot. */
export function syncsFileSystems(): Promise<boolean> {
  known ??= execute('sync', ['--help']).then(
    ({stdout}) => stdout.includes('--file-system'),
    () => false,
  );
  return known;
}

/** Puts everything on the medium that the file systems of these directories still hold in memory. False where it failed. */
export function syncFileSystems(directories: readonly string[]): Promise<boolean> {
  return execute('sync', ['-f', '--', ...directories]).then(
    () => true,
    () => false,
  );
}
