import {createHash} from 'node:crypto';
import {dirname} from 'node:path';
import {WaybillError} from '../../contracts/errors.js';
import type {CallOptions, SmallFile, SmallFileResult} from '../store.js';
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
  const waiting = files.entries();
  const work = async (): Promise<void> => {
    for (const [index, file] of waiting) {
      options.signal?.throwIfAborted();
      steps[index] = await attempt(root, file, options);
    }
  };
  const workers = await Promise.allSettled(Array.from({length: Math.min(CONCURRENCY, files.length)}, work));
  options.signal?.throwIfAborted();
  for (const worker of workers) if (worker.status === 'rejected') throw fromSystem(worker.reason, '');
  const synced = await syncDirectories(steps);
  return steps.map((step) => resultOf(step, synced));
}

async function attempt(root: LocalRoot, file: SmallFile, options: CallOptions): Promise<Step> {
  try {
    return {outcome: 'renamed', directory: dirname(await putFile(root, file, options))};
  } catch (error) {
    return {outcome: 'failed', error: fromSystem(error, file.destination)};
  }
}

async function putFile(root: LocalRoot, file: SmallFile, options: CallOptions): Promise<string> {
  const destination = await root.locateForCreation(file.destination);
  const absolute = await root.locateForCreation(file.partial);
  await using handle = await openPartialHandle(absolute, file.partial);
  await writeFully(handle, file.content, 0, options.signal);
  const held = Buffer.allocUnsafe(file.content.length);
  await readFully(handle, held, 0);
  const found = createHash('sha256').update(held).digest('hex');
  if (found !== file.sha256) throw mismatch(file, found);
  const spec = {path: file.partial, size: file.content.length};
  await publishUnsynced({root, spec, absolute, handle}, destination, {...file, ...options});
  return destination;
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
