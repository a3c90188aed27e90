import {dirname, join} from 'node:path';
import {WaybillError} from '../../contracts/errors.js';
import type {FileWritten} from '../../hashing/requests.js';
import {renameFiles, writeFilesProved} from '../../hashing/write-files.js';
import {checkStorePath, splitStorePath} from '../paths.js';
import type {CallOptions, SmallFile, SmallFileResult, StorePath} from '../store.js';
import {toSeconds} from './entry.js';
import {fromSystem, fromThread} from './errors.js';
import {notAPartial} from './partial.js';
import {takeName} from './publish.js';
import type {LocalRoot} from './root.js';
import {syncDirectory} from './sync-directory.js';
import {syncFileSystems, syncsFileSystems} from './sync-file-systems.js';

/** For fewer, starting a program takes longer than syncing each by itself. */
const LEAST_SYNCED_TOGETHER = 8;

interface Located {
  readonly file: SmallFile;
  readonly absolute: string;
  readonly destination: string;
}

interface Written extends Located {
  readonly inode: bigint;
}

/**
 * Files are written, proved, synced and renamed as a group. Where the system can sync a file system by one command, the
 * group is put on the medium by that, once before it is renamed and once after; else, and where that fails, each file and
 * directory is synced.
 */
export async function putFiles(
  root: LocalRoot,
  files: readonly SmallFile[],
  {signal}: CallOptions = {},
): Promise<readonly SmallFileResult[]> {
  signal?.throwIfAborted();
  const failures = new Map<SmallFile, Error>();
  const located = await locate(root, files, failures);
  const written = await writeDurably(located, failures, signal);
  signal?.throwIfAborted();
  const renamed = await rename(written, failures);
  await syncNames(renamed, failures);
  return files.map((file) => {
    const error = failures.get(file);
    return error === undefined ? {outcome: 'published', verified: 'sha256'} : {outcome: 'failed', error};
  });
}

async function locate(
  root: LocalRoot,
  files: readonly SmallFile[],
  failures: Map<SmallFile, Error>,
): Promise<readonly Located[]> {
  const places = new Places(root);
  const located = await Promise.all(
    files.map(async (file) => {
      try {
        const [destination, absolute] = await Promise.all([
          places.locate(file.destination),
          places.locate(file.partial),
        ]);
        return [{file, absolute, destination}];
      } catch (error) {
        failures.set(file, fromSystem(error, file.destination));
        return [];
      }
    }),
  );
  return located.flat();
}

async function writeDurably(
  located: readonly Located[],
  failures: Map<SmallFile, Error>,
  signal?: AbortSignal,
): Promise<readonly Written[]> {
  if (!(await syncsTogether(located))) return await write(located, true, failures);
  const written = await write(located, false, failures);
  signal?.throwIfAborted();
  // It does not say which file it is about; nor may bytes still be there that could not be put on the medium.
  return written.length === 0 || (await syncTogether(written)) ? written : await write(written, true, failures);
}

async function write(
  located: readonly Located[],
  sync: boolean,
  failures: Map<SmallFile, Error>,
): Promise<readonly Written[]> {
  const requests = located.map(({file, absolute}) => ({
    ...{path: absolute, size: file.content.length, sha256: file.sha256, mode: file.mode, owner: file.owner},
    seconds: file.modifiedAt === undefined ? undefined : toSeconds(file.modifiedAt),
  }));
  const contents = located.map(({file}) => file.content);
  const answers = await writeFilesProved(requests, contents, {sync});
  const written: Written[] = [];
  for (const [index, place] of located.entries()) {
    const answer = answers[index];
    if (answer?.outcome === 'written') written.push({...place, inode: answer.ino});
    else failures.set(place.file, failureOf(place.file, answer));
  }
  return written;
}

function failureOf(file: SmallFile, answer: Exclude<FileWritten, {outcome: 'written'}> | undefined): Error {
  switch (answer?.outcome) {
    case undefined:
      return new WaybillError('store.io', 'The thread that writes gave no answer for this file.', {
        path: file.destination,
      });
    case 'special':
      return notAPartial(file.partial);
    case 'differs':
      return mismatch(file, answer.sha256);
    case 'failed':
      return fromThread(answer, file.destination);
  }
}

async function rename(written: readonly Written[], failures: Map<SmallFile, Error>): Promise<readonly Located[]> {
  const answers = await renameFiles(
    written.map(({file: {ifExists}, absolute, destination, inode}) => ({
      from: absolute,
      to: destination,
      ino: inode,
      ifExists,
    })),
  );
  const renamed = new Set<Written>(written.filter((_, index) => answers[index] === true));
  await Promise.all(
    written.map(async (each) => {
      if (renamed.has(each)) return;
      const {file, absolute, destination, inode} = each;
      try {
        await takeName({spec: {path: file.partial}, absolute, inode}, destination, file);
        renamed.add(each);
      } catch (error) {
        failures.set(file, fromSystem(error, file.destination));
      }
    }),
  );
  return [...renamed];
}

async function syncNames(renamed: readonly Located[], failures: Map<SmallFile, Error>): Promise<void> {
  if ((await syncsTogether(renamed)) && (await syncTogether(renamed))) return;
  const unsynced = new Map<string, Error>();
  await Promise.all(
    directoriesOf(renamed.map(({destination}) => destination)).map(async (directory) => {
      await syncDirectory(directory).catch((error: unknown) => unsynced.set(directory, fromSystem(error, directory)));
    }),
  );
  for (const {file, destination} of renamed) {
    const error = unsynced.get(dirname(destination));
    if (error !== undefined) failures.set(file, error);
  }
}

async function syncsTogether(files: readonly Located[]): Promise<boolean> {
  return files.length >= LEAST_SYNCED_TOGETHER && (await syncsFileSystems());
}

/** By the directories of the unfinished files: those of the destinations lie on the same file system, and may be closed to us. */
async function syncTogether(files: readonly Located[]): Promise<boolean> {
  return await syncFileSystems(directoriesOf(files.map(({absolute}) => absolute)));
}

/** Where the files of one call lie: their directories are looked up, and made, once for each and not for each file. */
class Places {
  readonly #root: LocalRoot;
  readonly #directories = new Map<StorePath, Promise<string>>();

  constructor(root: LocalRoot) {
    this.#root = root;
  }

  async locate(path: StorePath): Promise<string> {
    const split = splitStorePath(checkStorePath(path));
    // The root says why it is no place for a file.
    if (split === undefined) return this.#root.locateForCreation(path);
    const known = this.#directories.get(split.directory);
    const directory = known ?? this.#root.createDirectory(split.directory);
    if (known === undefined) this.#directories.set(split.directory, directory);
    return join(await directory, split.name);
  }
}

function directoriesOf(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.map((path) => dirname(path)))];
}

function mismatch(file: SmallFile, found: string): WaybillError {
  return new WaybillError(
    'transfer.checksum-mismatch',
    `The unfinished file of ${JSON.stringify(file.destination)} holds other bytes than were given.`,
    {path: file.destination, expected: file.sha256, found},
  );
}
