import {WaybillError} from '../contracts/errors.js';
import type {Entry, SourceFile, Store} from '../stores/store.js';
import type {PlannedFile} from './planned-file.js';

/** Whether the source is another one now; where every read is of one version, the reads have told. */
export async function hasChanged(from: Store, source: SourceFile, signal: AbortSignal): Promise<boolean> {
  if (from.properties.wholeObjects === true) return false;
  return (await source.restat({signal})).identity !== source.entry.identity;
}

/** Rejects an opened source that is not the file that was planned. */
export function requireSameSource(file: PlannedFile, entry: Entry): void {
  if (entry.size !== file.size) throw sourceChanged(String(file.size), String(entry.size));
  if (file.identity !== undefined && entry.identity !== file.identity)
    throw sourceChanged(file.identity, entry.identity);
}

export function sourceChanged(expected?: string, found?: string): WaybillError {
  return new WaybillError('source.changed', 'The file changed while it was being moved.', {
    ...(expected === undefined ? {} : {expected}),
    ...(found === undefined ? {} : {found}),
  });
}
