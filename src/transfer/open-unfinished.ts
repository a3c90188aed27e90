import type {PartialFile, PartialSpec, Store} from '../stores/store.js';

/** What is longer than it may become is of no use: something else wrote there, and it is begun anew. */
export async function openUnfinished(store: Store, spec: PartialSpec, signal: AbortSignal): Promise<PartialFile> {
  const found = await store.openPartial(spec, {signal});
  if (found.foundBytes <= spec.size) return found;
  await found.close();
  await store.remove(spec.path, {signal});
  return await store.openPartial(spec, {signal});
}
