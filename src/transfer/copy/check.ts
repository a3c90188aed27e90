import type {TransferOptionsRequest} from '../../contracts/transfer.js';
import {inOrder, QUESTIONS_AT_ONCE} from '../../stores/in-parallel.js';
import {joinStorePath} from '../../stores/paths.js';
import type {Store} from '../../stores/store.js';
import type {PlannedFile, RefusedEntry} from '../planned-file.js';
import {Comparison} from './comparison.js';
import {isLeftOut} from './counts.js';
import type {CopyDestination} from './destination.js';
import {type CopyPlace, keyOf} from './locate.js';
import {parseOptions} from './options.js';
import {planCopy} from './plan.js';

export interface CheckOptions
  extends Pick<TransferOptionsRequest, 'include' | 'exclude' | 'hidden' | 'symlinks' | 'recursive'> {
  /** What two files have to share beside their size. Default `hash`. */
  readonly by?: 'size' | 'time' | 'hash';
  readonly signal?: AbortSignal;
}

/** What became of one entry of the source, as the destination shows it. */
export interface CheckedEntry {
  readonly name: string;
  readonly state: 'same' | 'missing' | 'differs' | 'refused';
  /** What differs, or why it could not be looked at. */
  readonly why?: string;
}

/**
 * Compares what a copy of the sources would have made with what is at the destination, and changes nothing. What is at the
 * destination alone is not looked for. Rejects as `copy` does where the options are none.
 */
export async function* check(
  sources: readonly CopyPlace[],
  destination: CopyPlace,
  {by = 'hash', signal = new AbortController().signal, ...selected}: CheckOptions = {},
): AsyncGenerator<CheckedEntry> {
  const options = parseOptions(selected);
  const plan = await planCopy({sources, destination, options, attributes: by === 'time', signal});
  for (const {key, entries} of plan.groups) {
    const from = sources.find((place) => keyOf(place) === key)?.store ?? destination.store;
    const comparison = new Comparison(from, plan.destination.store, plan.destination.root);
    yield* inOrder(entries, QUESTIONS_AT_ONCE, async (entry): Promise<CheckedEntry> => {
      if ('refused' in entry) return notCompared(entry);
      return await compared(from, plan.destination, entry, by, comparison, signal);
    });
  }
}

/** What a copy would have lost is not there; what it would have left out has nothing to compare. */
function notCompared(entry: RefusedEntry): CheckedEntry {
  return {name: entry.name, state: isLeftOut(entry) ? 'refused' : 'missing', why: entry.refused.message};
}

async function compared(
  from: Store,
  {store: to, root}: CopyDestination,
  file: PlannedFile,
  by: NonNullable<CheckOptions['by']>,
  comparison: Comparison,
  signal: AbortSignal,
): Promise<CheckedEntry> {
  const {name} = file;
  const path = joinStorePath(root, name);
  const differs = (why: string): CheckedEntry => ({name, state: 'differs', why});
  const there = await to.stat(path, {signal});
  if (there === undefined) return {name, state: 'missing'};
  if (there.kind !== file.kind) return differs(`it is a ${there.kind} there, and a ${file.kind} at the source`);
  if (file.kind === 'directory') return {name, state: 'same'};
  if (file.kind === 'link') {
    return (await to.readLink(path, {signal})) === file.linkTarget
      ? {name, state: 'same'}
      : differs('it points elsewhere');
  }
  if (there.size !== file.size) return differs(`${there.size} bytes there, ${file.size} at the source`);
  if (by === 'time') {
    const resolution = Math.max(1, from.properties.timeResolutionMs, to.properties.timeResolutionMs);
    return Math.abs(there.modifiedAt - file.modifiedAt) < resolution ? {name, state: 'same'} : differs('another time');
  }
  if (by === 'size') return {name, state: 'same'};
  const [here, other] = await comparison.digests(file, signal);
  return here === other
    ? {name, state: 'same'}
    : differs(`SHA-256 ${other.slice(0, 12)}… there, ${here.slice(0, 12)}… at the source`);
}
