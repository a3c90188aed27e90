import {chmod, lchown, lstat, lutimes} from 'node:fs/promises';
import {WaybillError} from '../../contracts/errors.js';
import type {Attributes, CallOptions, Entry, StorePath} from '../store.js';
import {entryOf, toSeconds} from './entry.js';
import {translated} from './errors.js';
import {ifThere, type LocalRoot} from './root.js';

export async function stat(root: LocalRoot, path: StorePath, options: CallOptions = {}): Promise<Entry | undefined> {
  options.signal?.throwIfAborted();
  return ifThere(path, async () => entryOf(await lstat(await root.locate(path), {bigint: true})));
}

export async function setAttributes(
  root: LocalRoot,
  path: StorePath,
  attributes: Attributes,
  options: CallOptions = {},
): Promise<void> {
  options.signal?.throwIfAborted();
  await translated(path, async () => {
    const absolute = await root.locate(path);
    // `chmod` by name follows a link: the mode would be set on what it points to.
    if ((await lstat(absolute)).isSymbolicLink()) {
      throw new WaybillError(
        'store.unsupported',
        `${JSON.stringify(path)} is a link, and has no mode or time of its own.`,
        {path},
      );
    }
    if (attributes.owner !== undefined) await lchown(absolute, attributes.owner.uid, attributes.owner.gid);
    const seconds = attributes.modifiedAt === undefined ? undefined : toSeconds(attributes.modifiedAt);
    if (seconds !== undefined) await lutimes(absolute, seconds, seconds);
    if (attributes.mode !== undefined) await chmod(absolute, attributes.mode & 0o7777);
  });
}
