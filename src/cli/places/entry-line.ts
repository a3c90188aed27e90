import type {ListedStoreEntry} from '../../contracts/store.js';
import {formatBytes} from '../terminal/bar.js';
import {printable} from '../terminal/printable.js';
import {formatMode} from './mode.js';

const SIZE_WIDTH = 9;

/** `-rw-r--r--    1.5 MB  2026-01-31 12:00:00Z  name`: columns of fixed width, so that a long list need not be kept. */
export function entryLine(entry: ListedStoreEntry): string {
  const {kind, size, modifiedAt, linkTarget} = entry;
  const bytes = (kind === 'file' ? formatBytes(size) : '').padStart(SIZE_WIDTH);
  const target = linkTarget === undefined ? '' : ` -> ${printable(linkTarget)}`;
  return `${formatMode(entry)}  ${bytes}  ${formatTime(modifiedAt)}  ${nameOf(entry)}${target}`;
}

/** A stand-in holds its escapes already. */
export function nameOf({name, unrepresentable}: Pick<ListedStoreEntry, 'name' | 'unrepresentable'>): string {
  return unrepresentable === true ? `${printable(name)} (cannot be carried)` : printable(name);
}

/** Whole seconds in UTC. */
export function formatTime(modifiedAt: string): string {
  return modifiedAt.replace(/^(.{10})T(.{8}).*$/, '$1 $2Z');
}
