import {readdir} from 'node:fs/promises';
import {WaybillError} from '../../contracts/errors.js';
import {examine, within} from './examine.js';
import {localError} from './local-error.js';

export interface TreeEntry {
  /** A directory is told where nothing in it is sent: it would not be there otherwise. */
  readonly kind: 'file' | 'directory';
  /** Below the root of the tree. */
  readonly name: string;
  /** Absolute and real. */
  readonly path: string;
}

interface Walk {
  /** Absolute and real. */
  readonly root: string;
  /** Whether to leave out a name; that of a directory ends with a slash. */
  readonly leaveOut: (name: string) => boolean;
  readonly warn: (warning: string) => void;
}

/** Every file of a directory, and every directory below it without one. A link is followed where it stays inside; what is left out for its kind is warned of. */
export async function* treeEntries(walk: Walk): AsyncGenerator<TreeEntry> {
  yield* entriesBelow(walk, walk.root, '', [walk.root]);
}

async function* entriesBelow(
  walk: Walk,
  directory: string,
  prefix: string,
  above: readonly string[] | 'linked',
): AsyncGenerator<TreeEntry> {
  for (const {bytes, entry} of await entriesOf(directory)) {
    const text = bytes.toString();
    const name = `${prefix}${text}`;
    if (walk.leaveOut(entry.isDirectory() ? `${name}/` : name)) continue;
    if (!Buffer.from(text).equals(bytes)) {
      throw new WaybillError('name.not-carried', `${JSON.stringify(name)} is not UTF-8.`, {
        path: `${directory}/${text}`,
      });
    }
    const path = `${directory}/${text}`;
    if (entry.isFile()) yield {kind: 'file', name, path};
    else if (entry.isDirectory())
      yield* orEmpty({name, path}, entriesBelow(walk, path, `${name}/`, above === 'linked' ? above : [...above, path]));
    else if (entry.isSymbolicLink()) yield* linkedEntries(walk, path, name, above);
    else walk.warn(`${JSON.stringify(name)} is a socket, FIFO or device and is not sent.`);
  }
}

/** Everything of a directory, or the directory itself where that is nothing. */
async function* orEmpty(
  directory: {readonly name: string; readonly path: string},
  entries: AsyncGenerator<TreeEntry>,
): AsyncGenerator<TreeEntry> {
  let empty = true;
  for await (const entry of entries) {
    empty = false;
    yield entry;
  }
  if (empty) yield {kind: 'directory', ...directory};
}

async function* linkedEntries(
  walk: Walk,
  path: string,
  name: string,
  above: readonly string[] | 'linked',
): AsyncGenerator<TreeEntry> {
  const target = await examine(path);
  const skip = (why: string): void => walk.warn(`The link ${JSON.stringify(name)} ${why} and is not sent.`);
  if (target.kind === 'unusable') skip(target.reason === 'circle' ? 'leads in a circle' : 'leads nowhere');
  else if (within(walk.root, target.path) === undefined) skip('points out of the tree');
  else if (target.kind === 'file') yield {kind: 'file', name, path: target.path};
  else if (target.kind === 'special') skip(`leads to a ${target.what}`);
  else if (walk.leaveOut(`${name}/`)) return;
  // Directories that link to each other would be sent once for every way through them.
  else if (above === 'linked') skip('lies in a directory that is itself a link');
  else if (above.includes(target.path)) skip('leads in a circle');
  else yield* orEmpty({name, path: target.path}, entriesBelow(walk, target.path, `${name}/`, 'linked'));
}

async function entriesOf(directory: string) {
  const entries = await readdir(directory, {withFileTypes: true, encoding: 'buffer'}).catch((error: unknown) => {
    throw localError(error, directory, `The directory ${JSON.stringify(directory)}`);
  });
  return entries
    .map((entry) => ({bytes: Buffer.from(entry.name), entry}))
    .sort((one, other) => Buffer.compare(one.bytes, other.bytes));
}
