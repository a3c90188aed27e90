import {journalKey} from '../../src/artifacts/keys.js';
import type {Direction, GenerationRef} from '../../src/contracts/activities.js';
import type {Store} from '../../src/stores/store.js';
import {encodeManifest, type ManifestLine, parseManifest} from '../../src/transfer/journal-page.js';
import {MAX_PAGE_BYTES} from './move-plan.js';

type MoveRef = Omit<GenerationRef, 'target'> & {readonly direction: Direction};

/** `journal/nightly-7/g1/collect/manifest.ndjson`: what has arrived, with its size, mode, time and SHA-256. */
export function manifestKey({executionId, generation, direction}: MoveRef): string {
  return journalKey(executionId, generation, direction, 'manifest.ndjson');
}

export async function writeManifest(
  store: Store,
  ref: MoveRef,
  lines: readonly ManifestLine[],
  signal: AbortSignal,
): Promise<void> {
  await store.putObject(manifestKey(ref), encodeManifest(lines), {signal});
}

/** Empty where nothing was moved. */
export async function readManifest(store: Store, ref: MoveRef, signal?: AbortSignal): Promise<readonly ManifestLine[]> {
  const bytes = await store.getObject(manifestKey(ref), MAX_PAGE_BYTES, signal ? {signal} : {});
  return bytes ? parseManifest(bytes) : [];
}
