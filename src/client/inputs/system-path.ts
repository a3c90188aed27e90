import {homedir} from 'node:os';
import {posix} from 'node:path';
import {within} from './examine.js';

/** Where systems and package managers put programs and what belongs to them. */
const SYSTEM = [
  'bin',
  'sbin',
  'lib',
  'lib32',
  'lib64',
  'usr',
  'opt',
  'nix',
  'snap',
  'gnu',
  'System',
  'Library',
  'Applications',
];

/**
 * True for an absolute path that names a part of the system, by its text: where a link leads to does not matter. A home
 * directory that lies in such a place belongs to its user.
 */
export function isOfSystem(path: string, home = homedir()): boolean {
  const normal = posix.normalize(path);
  if (home !== '/' && within(home, normal) !== undefined) return false;
  return SYSTEM.includes(normal.split('/')[1] ?? '');
}
