import {randomUUID} from 'node:crypto';
import {lstat, unlink} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {hasCode, WaybillError} from '../../contracts/errors.js';
import type {CallOptions, StorePath} from '../store.js';
import {OBJECT_PARTIAL_PREFIX} from '../unfinished-objects.js';
import {isErrno, translated} from './errors.js';
import {openRegularFile} from './open-file.js';
import {openPartialHandle} from './partial.js';
import {publishDurably} from './publish.js';
import {ifThere, type LocalRoot} from './root.js';
import {readFully} from './source.js';
import {writeFully} from './write.js';

export async function putObject(
  root: LocalRoot,
  path: StorePath,
  content: Uint8Array,
  options: CallOptions & {readonly ifAbsent?: boolean} = {},
): Promise<boolean> {
  options.signal?.throwIfAborted();
  return translated(path, async () => {
    const destination = await root.locateForCreation(path);
    if (options.ifAbsent === true && (await exists(destination))) return false;
    const absolute = join(dirname(destination), OBJECT_PARTIAL_PREFIX + randomUUID());
    const {handle, stats} = await openPartialHandle(absolute, path);
    try {
      await writeFully(handle, content, 0, options.signal);
      await publishDurably({spec: {path, size: content.length}, absolute, handle, inode: stats.ino}, destination, {
        ...options,
        destination: path,
        ifExists: options.ifAbsent === true ? 'keep' : 'replace',
      });
      return true;
    } catch (error) {
      await removeIfThere(absolute);
      if (options.ifAbsent === true && hasCode(error, 'store.already-exists')) return false;
      throw error;
    } finally {
      await handle.close();
    }
  });
}

export async function getObject(
  root: LocalRoot,
  path: StorePath,
  maxBytes: number,
  options: CallOptions = {},
): Promise<Uint8Array | undefined> {
  options.signal?.throwIfAborted();
  return ifThere(path, async () => {
    const {handle: opened, stats} = await openRegularFile(await root.locate(path), path);
    await using handle = opened;
    const size = Number(stats.size);
    if (size > maxBytes) throw tooLarge(path, maxBytes, size);
    const content = Buffer.allocUnsafeSlow(size);
    const bytes = await readFully(handle, content, 0);
    options.signal?.throwIfAborted();
    return content.subarray(0, bytes);
  });
}

async function exists(absolute: string): Promise<boolean> {
  try {
    await lstat(absolute);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

async function removeIfThere(absolute: string): Promise<void> {
  try {
    await unlink(absolute);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

function tooLarge(path: StorePath, maxBytes: number, size: number): WaybillError {
  return new WaybillError(
    'store.io',
    `${JSON.stringify(path)} holds ${size} bytes, and ${maxBytes} is the most for this object.`,
    {
      path,
      expected: maxBytes,
      found: size,
    },
  );
}
