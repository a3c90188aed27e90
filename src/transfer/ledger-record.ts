import {createHash} from 'node:crypto';
import type {PlannedFile} from './planned-file.js';

/**
 * A ledger is text in slots of 112 bytes. The first names what it belongs to, then comes one for each block, at a
 * place that the block's number decides, then one for the whole file. The last 64 are for the block that is sent piece by
 * piece after a failure, and for the next such block again:
 *
 *     waybill-ledger 1 8388608 1073741824 <40 hex of the source's identity>   …  <16 hex check>\n
 *     000000000003 <64 hex SHA-256 of the source's bytes as sent>             …  <16 hex check>\n
 *     000000000004 <64 hyphens: sent, and not hashed>                         …  <16 hex check>\n
 *     whole <64 hex SHA-256 of the file>                                      …  <16 hex check>\n
 *     piece 000000000005 07 <64 hex SHA-256 of the source's bytes as sent>    …  <16 hex check>\n
 *
 * Two attempts that enter the same block write the same bytes at the same place. A slot that was torn, or never
 * written, fails its check and counts as not entered.
 *
 * The number after the name is the version. Whatever a later one changes, its first slot is as long as this one's, with
 * the same check and the number at the same place: by it this version knows to leave the ledger alone. A version that
 * reads what this one enters otherwise than it is meant here has another number.
 */
export const SLOT_BYTES = 112;
export const LEDGER_VERSION = 1;
const CHECK = 16;
const BODY = SLOT_BYTES - CHECK - 2;

export function encodeSlot(body: string): Buffer {
  const padded = body.padEnd(BODY, ' ');
  return Buffer.from(`${padded} ${check(padded)}\n`, 'latin1');
}

/** The body of the slot at `index`, or undefined where it does not pass its check. */
export function decodeSlot(ledger: Uint8Array, index: number): string | undefined {
  const start = index * SLOT_BYTES;
  if (ledger.length < start + SLOT_BYTES) return undefined;
  const text = Buffer.from(ledger.buffer, ledger.byteOffset + start, SLOT_BYTES).toString('latin1');
  const padded = text.slice(0, BODY);
  return text.slice(BODY) === ` ${check(padded)}\n` ? padded.trimEnd() : undefined;
}

export interface LedgerHead {
  readonly size: number;
  readonly blockBytes: number;
  readonly identity: string;
}

export function headOf({size, identity = ''}: Pick<PlannedFile, 'size' | 'identity'>, blockBytes: number): LedgerHead {
  return {size, blockBytes, identity};
}

export function headBody(head: LedgerHead): string {
  const identity = createHash('sha256').update(head.identity).digest('hex').slice(0, 32);
  return `waybill-ledger ${LEDGER_VERSION} ${head.blockBytes} ${head.size} ${identity}`;
}

/** The version of the ledger whose first slot this is. */
export function versionIn(first: string | undefined): number | undefined {
  const digits = /^waybill-ledger (\d{1,9}) /.exec(first ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function blockBody(block: number, sha256: string): string {
  return `${String(block).padStart(12, '0')} ${sha256}`;
}

export function wholeBody(sha256: string): string {
  return `whole ${sha256}`;
}

/** The piece of a block; with its digest where it is to be entered. */
export function pieceBody(block: number, piece: number, sha256?: string): string {
  const label = `piece ${String(block).padStart(12, '0')} ${String(piece).padStart(2, '0')}`;
  return sha256 === undefined ? label : `${label} ${sha256}`;
}

/** Stands for the digest of a block that was sent without hashing it: it is proved by reading the source again. */
export const UNHASHED = '-'.repeat(64);

/** The digest in a body, where it is the one that `label` names. */
export function digestIn(body: string | undefined, label: string): string | undefined {
  if (!body?.startsWith(`${label} `)) return undefined;
  const digest = body.slice(label.length + 1);
  return /^[0-9a-f]{64}$/.test(digest) ? digest : undefined;
}

function check(padded: string): string {
  return createHash('sha256').update(padded).digest('hex').slice(0, CHECK);
}
