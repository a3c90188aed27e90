import {WaybillError} from '../../contracts/errors.js';
import {checkStorePath} from '../paths.js';
import type {StorePath} from '../store.js';
import {isBeyondXml} from './xml.js';

/** What every S3 server takes for a key, in bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;

/** Maps paths to keys below one prefix, and back. */
export class KeySpace {
  /** Empty, or ends with a slash. */
  readonly #prefix: string;

  constructor(prefix: StorePath) {
    checkStorePath(prefix);
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
  }

  /** The key of a file. The root has none. */
  key(path: StorePath): string {
    for (const component of checkStorePath(path).split('/')) refuseDotsAndSpaces(component, path);
    if (isBeyondXml(path)) throw beyondXml(path);
    return this.#bounded(this.#prefix + path, path);
  }

  /** What the keys of everything in a directory begin with; at the same time the key of its marker. */
  directoryKey(path: StorePath): string {
    return path === '' ? this.#prefix : this.#bounded(`${this.key(path)}/`, path);
  }

  #bounded(key: string, path: StorePath): string {
    const bytes = Buffer.byteLength(key);
    if (bytes <= MAX_KEY_BYTES) return key;
    const message = `${JSON.stringify(path)} makes a key of ${bytes} bytes, and ${MAX_KEY_BYTES} is the most on S3.`;
    throw new WaybillError('name.not-carried', message, {path, expected: MAX_KEY_BYTES, found: bytes});
  }
}

/** MinIO takes such a component for `.` or `..`; what one server refuses is refused on all. */
function refuseDotsAndSpaces(component: string, path: StorePath): void {
  if (component === '' || !/^\.{1,2}$/.test(component.trim())) return;
  const message = `${JSON.stringify(path)} has the component ${JSON.stringify(component)}, which S3 servers refuse.`;
  throw new WaybillError('name.not-carried', message, {path});
}

/** Listings are XML: not every server has another way to write such a name, and some list it as another one. */
function beyondXml(path: StorePath): WaybillError {
  const message = `${JSON.stringify(path)} holds a control character that the listings of S3 cannot show.`;
  return new WaybillError('name.not-carried', message, {path});
}

/** Percent-encodes what the signature wants encoded: everything but letters, digits and `-._~`, and `/` in paths. */
export function encodeKey(key: string): string {
  return key.split('/').map(encodeComponent).join('/');
}

export function encodeComponent(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
