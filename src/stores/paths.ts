import {WaybillError} from '../contracts/errors.js';
import type {StorePath} from './store.js';

/** What Linux and macOS file systems take for one component, in bytes of UTF-8. */
export const MAX_COMPONENT_BYTES = 255;

/** Every component of printable ASCII and no more than 255 bytes: one look answers for nearly every path there is. */
const PLAIN = /^(?!\.{1,2}(?:\/|$))[ -.0-~]{1,255}(?:\/(?!\.{1,2}(?:\/|$))[ -.0-~]{1,255})*$/;

/**
 * Returns `path` where it is a StorePath. Rejects with `name.outside-root` what is absolute or holds `.`, `..` or an
 * empty component, and with `name.not-carried` what no file system can hold: NUL, text that is not well-formed
 * Unicode, a component of more than 255 bytes.
 */
export function checkStorePath(path: string): StorePath {
  if (path === '' || PLAIN.test(path)) return path;
  for (const component of path.split('/')) checkComponent(component, path);
  return path;
}

/** Joins paths and single names; each part is checked on its own, so that a name never becomes a path by accident. */
export function joinStorePath(...parts: readonly string[]): StorePath {
  return parts.filter((part) => checkStorePath(part) !== '').join('/');
}

/** Returns `name` where it is one component of a StorePath. */
export function checkStoreName(name: string): string {
  if (name.includes('/')) throw outsideRoot(name, 'holds a slash');
  checkComponent(name, name);
  return name;
}

/** The directory that holds `path`, and its last component; undefined for the root. */
export function splitStorePath(path: StorePath): {readonly directory: StorePath; readonly name: string} | undefined {
  if (path === '') return undefined;
  const slash = path.lastIndexOf('/');
  return {directory: slash === -1 ? '' : path.slice(0, slash), name: path.slice(slash + 1)};
}

function checkComponent(component: string, path: string): void {
  if (component === '' || component === '.' || component === '..') {
    throw outsideRoot(path, component === '' ? 'has an empty component' : `has the component "${component}"`);
  }
  if (component.includes('\0')) throw notCarried(path, 'holds a NUL');
  if (/\p{Surrogate}/u.test(component)) throw notCarried(path, 'is not well-formed Unicode');
  const bytes = Buffer.byteLength(component);
  if (bytes > MAX_COMPONENT_BYTES) {
    throw notCarried(path, `has a component of ${bytes} bytes, and ${MAX_COMPONENT_BYTES} is the most`);
  }
}

function outsideRoot(path: string, why: string): WaybillError {
  return new WaybillError('name.outside-root', `${JSON.stringify(path)} ${why}.`, {path});
}

function notCarried(path: string, why: string): WaybillError {
  return new WaybillError('name.not-carried', `${JSON.stringify(path)} ${why}.`, {path});
}
