import {createHash} from 'node:crypto';
import type {FileHandle} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {WaybillError} from '../../contracts/errors.js';
import {checkStorePath, splitStorePath} from '../paths.js';
import type {CallOptions, SmallFile, SmallFileResult, StorePath} from '../store.js';
import {fromSystem} from './errors.js';
import {openPartialHandle} from './partial.js';
import {publishUnsynced} from './publish.js';
import type {LocalRoot} from './root.js';
import {readFully} from './source.js';
import {syncDirectory} from './sync-directory.js';
import {writeFully} from './write.js';

/** More than the four threads of Node's file system calls, so that none of them waits for this one. */
const CONCURRENCY = 16;

type Step =
  | {readonly outcome: 'renamed'; readonly directory: string}
  | {readonly outcome: 'failed'; readonly error: Error};

/** Each file is written, counted, proved, synced and renamed on its own; the directories are synced once at the end. */
export async function putFiles(
  root: LocalRoot,
  files: readonly SmallFile[],
  options: CallOptions = {},
): Promise<readonly SmallFileResult[]> {
  options.signal?.throwIfAborted();
  const steps: (Step | undefined)[] = files.map(() => undefined);
  const places = new Places(root);
  const waiting = files.entries();
  const work = async (): Promise<void> => {
    for (const [index, file] of waiting) {
      options.signal?.throwIfAborted();
      steps[index] = await attempt(places, file, options);
    }
  };
  const workers = await Promise.allSettled(Array.from({length: Math.min(CONCURRENCY, files.length)}, work));
  options.signal?.throwIfAborted();
  for (const worker of workers) if (worker.status === 'rejected') throw fromSystem(worker.reason, '');
  const synced = await syncDirectories(steps);
  return steps.map((step) => resultOf(step, synced));
}

async function attempt(places: Places, file: SmallFile, options: CallOptions): Promise<Step> {
  try {
    return {outcome: 'renamed', directory: dirname(await putFile(places, file, options))};
  } catch (error) {
    return {outcome: 'failed', error: fromSystem(error, file.destination)};
  }
}

async function putFile(places: Places, file: SmallFile, options: CallOptions): Promise<string> {
  const destination = await places.locate(file.destination);
  const absolute = await places.locate(file.partial);
  const {handle, stats} = await openPartialHandle(absolute, file.partial);
  try {
    await writeFully(handle, file.content, 0, options.signal);
    await prove(handle, file);
    const spec = {path: file.partial, size: file.content.length};
    await publishUnsynced({spec, absolute, handle, inode: stats.ino}, destination, {...file, ...options});
    return destination;
  } finally {
    await handle.close();
  }
}

/** Reads back what the file system now holds: another attempt may have written something else at the same time. */
async function prove(handle: FileHandle, file: SmallFile): Promise<void> {
  const held = Buffer.allocUnsafe(file.content.length);
  const bytes = await readFully(handle, held, 0);
  const found = createHash('sha256').update(held.subarray(0, bytes)).digest('hex');
  if (found !== file.sha256) throw mismatch(file, found);
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

/** Answers which directories could not be synced, and why. */
async function syncDirectories(steps: readonly (Step | undefined)[]): Promise<ReadonlyMap<string, Error>> {
  const directories = new Set<string>();
  for (const step of steps) if (step?.outcome === 'renamed') directories.add(step.directory);
  const failures = new Map<string, Error>();
  await Promise.all(
    Array.from(directories, async (directory) => {
      await syncDirectory(directory).catch((error: unknown) => failures.set(directory, fromSystem(error, directory)));
    }),
  );
  return failures;
}

function resultOf(step: Step | undefined, unsynced: ReadonlyMap<string, Error>): SmallFileResult {
  if (step === undefined) throw new WaybillError('store.io', 'A file of the group was left without an answer.');
  if (step.outcome === 'failed') return step;
  const error = unsynced.get(step.directory);
  return error === undefined ? {outcome: 'published', verified: 'sha256'} : {outcome: 'failed', error};
}

function mismatch(file: SmallFile, found: string): WaybillError {
  return new WaybillError(
    'transfer.checksum-mismatch',
    `The unfinished file of ${JSON.stringify(file.destination)} holds other bytes than were given.`,
    {
      path: file.destination,
      expected: file.sha256,
      found,
    },
  );
}
