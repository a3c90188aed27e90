import {execFile} from 'node:child_process';
import {stat} from 'node:fs/promises';
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

/** By the device: one whose medium does not answer holds up no other. */
const running = new Map<number, SyncProcess>();

/** Puts everything on the medium that the file systems of these directories still hold in memory. False where it failed. */
export async function syncFileSystems(directories: readonly string[]): Promise<boolean> {
  const synced = await Promise.all(
    directories.map(async (directory) => {
      const found = await stat(directory).catch(() => undefined);
      return found !== undefined && (await processFor(found.dev).sync(directory));
    }),
  );
  return !synced.includes(false);
}

function processFor(device: number): SyncProcess {
  const known = running.get(device);
  if (known?.ended === false) return known;
  const process = new SyncProcess();
  running.set(device, process);
  return process;
}
