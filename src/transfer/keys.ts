import {createHash} from 'node:crypto';
import {joinStorePath} from '../stores/paths.js';
import type {StorePath} from '../stores/store.js';

const PARTIAL = '.partial';
const LEDGER = '.ledger';

export interface PartialIdentity {
  /** Who the transfer belongs to: an execution with its generation and stage. */
  readonly owner: string;
  readonly destination: StorePath;
  /** The source's word for the content: other content gets another partial. */
  readonly identity: string;
  readonly size: number;
}

export interface PartialPaths {
  readonly partial: StorePath;
  readonly ledger: StorePath;
}

/**
 * Where the unfinished file of one transfer lies: every attempt finds the same one, and no two transfers share one.
 *
 *     3f1c…e2.partial   3f1c…e2.ledger
 */
export function partialPaths(directory: StorePath, of: PartialIdentity): PartialPaths {
  const fields = [of.owner, of.destination, of.identity, String(of.size)];
  // Lengths first, so that no two sets of fields give the same text.
  const text = fields.map((field) => `${Buffer.byteLength(field)}:${field}\n`).join('');
  const key = createHash('sha256').update(text).digest('hex').slice(0, 40);
  return {partial: joinStorePath(directory, key + PARTIAL), ledger: joinStorePath(directory, key + LEDGER)};
}

/** Whether a name in a directory of partials is one that `partialPaths` made. */
export function isPartialName(name: string): boolean {
  return /^[0-9a-f]{40}\.(partial|ledger)$/.test(name);
}

/** Of the names that `isPartialName` is true for. */
export function isLedgerName(name: string): boolean {
  return name.endsWith(LEDGER);
}

/** Which transfer a name belongs to: equal for a partial and its ledger. */
export function partialKey(name: string): string {
  return name.slice(0, 40);
}
