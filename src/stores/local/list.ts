import type {OpenDirOptions} from 'node:fs';
import {opendir} from 'node:fs/promises';
import {unlessAborted} from '../../abort/on-abort.js';
import {lookAt} from '../../hashing/look-at.js';
import type {Look} from '../../hashing/requests.js';
import type {CallOptions, ListedEntry, StorePath} from '../store.js';
import {entryOf} from './entry.js';
import {fromThread, rethrowTranslated} from './errors.js';
import type {LocalRoot} from './root.js';

/** Entries that are looked at together: with fewer the way to the thread that looks counts, and memory stays small. */
const BATCH = 512;

export async function* list(
  root: LocalRoot,
  directory: StorePath,
  options: CallOptions = {},
): AsyncGenerator<ListedEntry> {
  options.signal?.throwIfAborted();
  try {
    const absolute = Buffer.from(`${await root.locateDirectory(directory)}/`);
    for await (const names of batches(absolute, options.signal)) {
      const looks = await unlessAborted(options.signal, lookAt(absolute, names));
      for (const [index, look] of looks.entries()) {
        const name = names[index];
        const entry = name && listed(name, look, directory);
        if (entry !== undefined) yield entry;
      }
      options.signal?.throwIfAborted();
    }
  } catch (error) {
    rethrowTranslated(error, directory);
  }
}

async function* batches(absolute: Buffer, signal: AbortSignal | undefined): AsyncGenerator<Buffer[]> {
  let names: Buffer[] = [];
  for await (const name of namesIn(absolute)) {
    signal?.throwIfAborted();
    names.push(name);
    if (names.length < BATCH) continue;
    yield names;
    names = [];
  }
  if (names.length > 0) yield names;
}

const asBytes: OpenDirOptions = {bufferSize: BATCH};
// Node takes `buffer` here as for `readdir`; its types leave it out.
Object.assign(asBytes, {encoding: 'buffer'});

/** The names as bytes: what is not UTF-8 would come back mangled as text, and name another file or none. */
export async function* namesIn(absolute: Buffer): AsyncGenerator<Buffer> {
  for await (const entry of await opendir(absolute, asBytes)) {
    yield Buffer.from(entry.name);
  }
}

/** Undefined where it has vanished since its name was read. */
function listed(name: Buffer, look: Look, directory: StorePath): ListedEntry | undefined {
  if (look.outcome === 'failed') {
    if (look.code === 'ENOENT') return undefined;
    throw fromThread(look, directory);
  }
  const entry = entryOf(look.stats);
  const text = decode(name);
  return text === undefined ? {...entry, name: standIn(name), unrepresentable: true} : {...entry, name: text};
}

// Without `ignoreBOM` a name that begins with U+FEFF would lose it.
const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

function decode(name: Uint8Array): string | undefined {
  try {
    return utf8.decode(name);
  } catch {
    return undefined;
  }
}

/** Printable text for a name that is not UTF-8: its ASCII kept, every other byte as `\xNN`. */
export function standIn(name: Uint8Array): string {
  let text = '';
  for (const byte of name) {
    const printable = byte >= 0x20 && byte < 0x7f && byte !== 0x5c;
    text += printable ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}
