import {hasCode, WaybillError} from '../contracts/errors.js';
import type {Store, StorePath} from '../stores/store.js';
import {decodeSlot, headBody, type LedgerHead, LEDGER_VERSION, SLOT_BYTES, versionIn} from './ledger-record.js';

interface LedgerSpec {
  readonly head: LedgerHead;
  /** The most that a ledger of this file has. */
  readonly slots: number;
}

/**
 * All of a ledger; undefined where it is missing, torn, longer than it can be, or another file's: then it is begun anew.
 * Rejects with `transfer.newer-version` where a later version has written it, whose work that would undo.
 */
export async function readSlots(
  store: Store,
  path: StorePath,
  {head, slots}: LedgerSpec,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const mostBytes = slots * SLOT_BYTES;
  const content = await store.getObject(path, mostBytes, {signal}).catch(async (error: unknown) => {
    if (!hasCode(error, 'store.io') || error.expected !== mostBytes) throw error;
    return await readFirst(store, path, signal);
  });
  if (content === undefined) return undefined;
  const first = decodeSlot(content, 0);
  const version = versionIn(first);
  if (version !== undefined && version > LEDGER_VERSION) throw newer(path, version);
  return first === headBody(head) ? content : undefined;
}

/** What is longer than any ledger of this file counts for nothing; its first slot tells who wrote it. */
async function readFirst(store: Store, path: StorePath, signal: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    const ledger = await store.openSource(path, {signal});
    return await ledger.read(0, SLOT_BYTES, {signal}).finally(() => ledger.close());
  } catch (error) {
    // Another attempt has begun it anew.
    if (hasCode(error, 'store.not-found')) return undefined;
    throw error;
  }
}

function newer(path: StorePath, version: number): WaybillError {
  return new WaybillError(
    'transfer.newer-version',
    `A newer Waybill wrote what is there of this file: its ledger has version ${version}, and this one knows ${LEDGER_VERSION}.`,
    {path, expected: LEDGER_VERSION, found: version},
  );
}
