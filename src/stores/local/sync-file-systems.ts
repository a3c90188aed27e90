import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {SyncProcess} from './sync-process.js';

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

let running: SyncProcess | undefined;

/** Puts everything on the medium that the file systems of these directories still hold in memory. False where it failed. */
export async function syncFileSystems(directories: readonly string[]): Promise<boolean> {
  const process = running?.ended === false ? running : new SyncProcess();
  running = process;
  const synced = await Promise.all(directories.map((directory) => process.sync(directory)));
  return !synced.includes(false);
}
