import {hasCode, WaybillError} from '../contracts/errors.js';
import {giveBackChunk} from '../hashing/chunk-memory.js';
import type {GroupSize} from '../stores/groups.js';
import {joinStorePath} from '../stores/paths.js';
import type {SmallFile, SmallFileResult, Store, StorePath} from '../stores/store.js';
import {BLOCK_BYTES, PIECES} from './blocks.js';
import type {MovedOutcome} from './file-outcome.js';
import {inParallel} from '../stores/in-parallel.js';
import {partialPaths} from './keys.js';
import {isFinal} from './settle-file.js';
import {type PlannedFile, withAttributes} from './planned-file.js';
import {proveSource} from './prove-source.js';
import {checkWholeFile, readSmallFile, type SmallContent} from './small-file.js';

/** Up to one block a file needs no ledger: a crash costs no more than that. */
export const SMALL_FILE_BYTES = BLOCK_BYTES;

export const USUAL_GROUP: GroupSize = {files: 256, bytes: 8 * 1024 * 1024};

/** For a line over which no attempt got a larger one. */
export const LEAST_GROUP: GroupSize = {files: 16, bytes: BLOCK_BYTES / PIECES};

/** Each file costs the source four round trips: so many files overlap theirs. */
const READS_AT_ONCE = 32;

export interface SmallFilesOptions {
  readonly from: Store;
  readonly fromRoot: StorePath;
  readonly to: Store;
  readonly toRoot: StorePath;
  readonly partials: StorePath;
  readonly owner: string;
  readonly ifExists: 'replace' | 'keep';
  readonly hashSource?: boolean;
  readonly signal: AbortSignal;
  readonly fence: () => void;
  /** Acknowledged bytes of a group. */
  readonly onSent: (bytes: number) => void;
}

export type SmallOutcome =
  | ({
      readonly outcome: 'copied' | 'skipped';
      readonly sha256: string;
      readonly verified: 'sha256' | 'size-only';
    } & FoundAttributes)
  | {readonly outcome: 'failed'; readonly error: unknown};

type FoundAttributes = Pick<MovedOutcome, 'attributes'>;

/** Reads, hashes and publishes one group. Answers once for each file, in order. */
export async function moveSmallFiles(
  group: readonly PlannedFile[],
  options: SmallFilesOptions,
): Promise<readonly SmallOutcome[]> {
  const outcomes = new Map<PlannedFile, SmallOutcome>();
  const read = new Map<PlannedFile, SmallContent>();
  await readGroup(group, options, (file, result) => {
    if ('error' in result) outcomes.set(file, {outcome: 'failed', error: result.error});
    else read.set(file, result);
  });
  const ready = group.filter((file) => read.has(file));
  const files = ready.map((file) => smallFile(file, read.get(file), options));
  options.fence();
  const results = files.length === 0 ? [] : await putFiles(files, options);
  options.onSent(files.reduce((sum, file) => sum + file.content.length, 0));
  const refused: Refused[] = [];
  for (const [index, file] of ready.entries()) {
    const result = results[index];
    const small = files[index];
    if (result === undefined || small === undefined) continue;
    if (result.outcome === 'failed') refused.push({file, small, error: result.error});
    else {
      const {verified} = result;
      outcomes.set(file, {outcome: 'copied', sha256: small.sha256, verified, ...foundAttributes(file, small)});
    }
  }
  // All of them, where an attempt died after it had sent the group: one by one they would cost more than sending did.
  await inParallel(refused, READS_AT_ONCE, async (each) => {
    outcomes.set(each.file, await outcomeOfRefused(each, options));
  });
  for (const {content} of files) giveBackChunk(content);
  return group.map((file) => outcomes.get(file) ?? {outcome: 'failed', error: unanswered(file)});
}

type ReadResult = SmallContent | {readonly error: unknown};

/** In one call where the source can: else one by one. */
async function readGroup(
  group: readonly PlannedFile[],
  {from, fromRoot, hashSource, signal}: SmallFilesOptions,
  take: (file: PlannedFile, result: ReadResult) => void,
): Promise<void> {
  const pathOf = (file: PlannedFile): string => joinStorePath(fromRoot, file.source ?? file.name);
  const one = (file: PlannedFile) => readSmallFile(from, pathOf(file), file, signal);
  const proved = async (file: PlannedFile, content: SmallContent): Promise<SmallContent> => {
    if (hashSource === true) await proveSource(from, pathOf(file), content.sha256, signal);
    return content;
  };
  const attempt = async (file: PlannedFile, read: () => SmallContent | Promise<SmallContent>): Promise<void> => {
    try {
      const content = await read();
      const right = await proved(file, content).catch(async (error: unknown) => {
        if (!hasCode(error, 'transfer.checksum-mismatch')) throw error;
        // What was misread is read once more.
        giveBackChunk(content.content);
        return await proved(file, await one(file));
      });
      take(file, right);
    } catch (error) {
      signal.throwIfAborted();
      take(file, {error});
    }
  };
  if (from.readFiles === undefined) {
    await inParallel(group, READS_AT_ONCE, (file) => attempt(file, () => one(file)));
    return;
  }
  const requests = group.map((file) => ({path: pathOf(file), size: file.size}));
  const read = await from.readFiles(requests, {signal});
  await inParallel(group.entries(), READS_AT_ONCE, ([index, file]) =>
    attempt(file, () => {
      const whole = read[index];
      if (whole === undefined) throw unanswered(file);
      return checkWholeFile(whole, file);
    }),
  );
}

/** A partial that something else wrote into, or made longer than its file, is put aside: once, it is sent anew. */
async function putFiles(files: readonly SmallFile[], options: SmallFilesOptions): Promise<readonly SmallFileResult[]> {
  const {to, signal} = options;
  const results = [...(await to.putFiles(files, {signal}))];
  const damaged = [...files.entries()].filter(([index]) => {
    const result = results[index];
    return result?.outcome === 'failed' && hasCode(result.error, 'transfer.checksum-mismatch');
  });
  if (damaged.length === 0) return results;
  await inParallel(damaged, READS_AT_ONCE, async ([, {partial}]) => to.remove(partial, {signal}));
  options.fence();
  const again = await to.putFiles(
    damaged.map(([, file]) => file),
    {signal},
  );
  for (const [at, [index]] of damaged.entries()) {
    const result = again[at];
    if (result !== undefined) results[index] = result;
  }
  return results;
}

function smallFile(file: PlannedFile, read: SmallContent | undefined, options: SmallFilesOptions): SmallFile {
  if (read === undefined) throw unanswered(file);
  const destination = joinStorePath(options.toRoot, file.name);
  const {mode, modifiedAt} = withAttributes(file, read.entry);
  const of = {owner: options.owner, destination, identity: file.identity ?? read.sha256, size: file.size};
  return {
    ...{destination, content: read.content, sha256: read.sha256, ifExists: options.ifExists},
    partial: partialPaths(options.partials, of).partial,
    ...{mode: mode & 0o777, modifiedAt},
    ...(file.owner === undefined ? {} : {owner: file.owner}),
  };
}

interface Refused {
  readonly file: PlannedFile;
  readonly small: SmallFile;
  readonly error: unknown;
}

async function outcomeOfRefused({file, small, error}: Refused, options: SmallFilesOptions): Promise<SmallOutcome> {
  // An attempt that died before it could say so may have published these bytes; so may one that runs beside this one.
  if (!hasCode(error, 'store.already-exists', 'transfer.partial-consumed')) return {outcome: 'failed', error};
  try {
    if (await holds(small, options)) {
      return {outcome: 'skipped', sha256: small.sha256, verified: 'sha256', ...foundAttributes(file, small)};
    }
  } catch (second) {
    options.signal.throwIfAborted();
    // A look that failed says nothing about the file: where it may be had later, that is the file's word.
    if (hasCode(second) && !isFinal(second)) return {outcome: 'failed', error: second};
  }
  return {outcome: 'failed', error};
}

async function holds(file: SmallFile, {to, signal}: SmallFilesOptions): Promise<boolean> {
  const entry = await to.stat(file.destination, {signal});
  if (entry?.kind !== 'file' || entry.size !== file.content.length) return false;
  const {mode, modifiedAt, identity} = entry;
  const found = {name: file.destination, kind: 'file' as const, size: entry.size, mode, modifiedAt, identity};
  return (await readSmallFile(to, file.destination, found, signal)).sha256 === file.sha256;
}

function foundAttributes({attributesLeftOut}: PlannedFile, {mode = 0, modifiedAt = 0}: SmallFile): FoundAttributes {
  return attributesLeftOut === undefined ? {} : {attributes: {mode, modifiedAt}};
}

function unanswered(file: PlannedFile): WaybillError {
  return new WaybillError('store.io', 'The store gave no answer for this file.', {path: file.name});
}
