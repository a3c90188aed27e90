import {WaybillError} from '../../contracts/errors.js';
import type {StoreEntry} from '../../contracts/store.js';

/** Octal permission bits, at most 1777: `640`, `0755`, `1777`. */
export function parseMode(text: string): number {
  const mode = /^[0-7]{3,5}$/.test(text) ? Number.parseInt(text, 8) : NaN;
  if (mode <= 0o1777) return mode;
  throw new WaybillError('input.invalid', `"${text}" is not a mode`, {
    remedy: 'Write three octal digits, as 640 or 755; set-user-id and set-group-id are not set from here.',
  });
}

const kinds: Readonly<Record<StoreEntry['kind'], string>> = {directory: 'd', file: '-', link: 'l', special: '?'};

/** `drwxr-xr-x`, as `ls -l` writes it. */
export function formatMode({kind, mode}: Pick<StoreEntry, 'kind' | 'mode'>): string {
  const triple = (bits: number, special: boolean, letter: string) => {
    const execute = (bits & 1) !== 0;
    const last = special ? (execute ? letter : letter.toUpperCase()) : execute ? 'x' : '-';
    return `${(bits & 4) === 0 ? '-' : 'r'}${(bits & 2) === 0 ? '-' : 'w'}${last}`;
  };
  const owner = triple(mode >> 6, (mode & 0o4000) !== 0, 's');
  const group = triple(mode >> 3, (mode & 0o2000) !== 0, 's');
  return `${kinds[kind]}${owner}${group}${triple(mode, (mode & 0o1000) !== 0, 't')}`;
}
