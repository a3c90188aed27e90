import {WaybillError} from '../contracts/errors.js';
import type {Store, StorePath} from '../stores/store.js';

/**
 * Compares what was read with what the source's own machine finds when it hashes the file where it lies. Rejects with
 * `transfer.checksum-mismatch`; a source that has nothing to hash with has nothing to say.
 */
export async function proveSource(from: Store, path: StorePath, sha256: string, signal: AbortSignal): Promise<void> {
  requireSame(path, sha256, await hashedThere(from, path, signal));
}

/** Begins at once: the source hashes while the file is read. */
export function hashedThere(from: Store, path: StorePath, signal: AbortSignal): Promise<string | undefined> {
  const hashing = from.hash?.(path, {signal}).then((hashed) => hashed?.sha256) ?? Promise.resolve(undefined);
  // It is awaited when the file has been read; until then its failure is nobody's.
  hashing.catch(() => undefined);
  return hashing;
}

export function requireSame(path: StorePath, read: string, there: string | undefined): void {
  if (there === undefined || there === read) return;
  throw new WaybillError('transfer.checksum-mismatch', 'What was read is not what the source holds where it lies.', {
    path,
    expected: there,
    found: read,
  });
}
