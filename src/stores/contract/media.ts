import {execFile} from 'node:child_process';
import {mkdir, mkdtemp, realpath, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';

const run = promisify(execFile);

/** A directory for a store under test. */
export interface Medium {
  readonly path: string;
  readonly remove: () => Promise<void>;
}

/** An empty directory on the machine's own disk. */
export async function diskDirectory(): Promise<Medium> {
  const parent = await realpath(await mkdtemp(join(tmpdir(), 'waybill-store-')));
  const path = join(parent, 'root');
  await mkdir(path);
  return {path, remove: () => rm(parent, {recursive: true, force: true})};
}

/** A file system in memory of `mebibytes`. Needs Linux and root, like the two below it. */
export async function smallMedium(mebibytes: number): Promise<Medium> {
  return mounted(['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0755`, 'waybill']);
}

/** A file system that nobody may write, root included. */
export async function readOnlyMedium(): Promise<Medium> {
  return mounted(['-t', 'tmpfs', '-o', 'ro,size=1m', 'waybill']);
}

/** Whether media can be mounted here. */
export const canMount = process.platform === 'linux' && process.getuid?.() === 0;

async function mounted(options: readonly string[]): Promise<Medium> {
  const {path, remove} = await diskDirectory();
  await run('mount', [...options, path]);
  return {
    path,
    remove: async () => {
      await run('umount', [path]);
      await remove();
    },
  };
}
