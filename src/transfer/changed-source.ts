import type {SourceFile, Store} from '../stores/store.js';

/** Whether the source is another one now; where every read is of one version, the reads have told. */
export async function hasChanged(from: Store, source: SourceFile, signal: AbortSignal): Promise<boolean> {
  if (from.properties.wholeObjects === true) return false;
  return (await source.restat({signal})).identity !== source.entry.identity;
}
