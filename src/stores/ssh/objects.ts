import {randomUUID} from 'node:crypto';
import {hasCode, WaybillError} from '../../contracts/errors.js';
import type {CallOptions, StorePath} from '../store.js';
import {OBJECT_PARTIAL_PREFIX} from '../unfinished-objects.js';
import {settledUnlessAborted} from './abort.js';
import {fromStatus} from './errors.js';
import {openSource} from './source.js';
import {openPartialHandle, writeRange} from './partial.js';
import {publish} from './publish.js';
import {join, LEADS_NOWHERE, parentOf, type SshRoot} from './root.js';
import type {FileSession} from './file-session.js';
import {hasStatus, SftpStatus, STATUS} from '../../ssh/sftp/status.js';

export async function putObject(
  session: FileSession,
  root: SshRoot,
  path: StorePath,
  content: Uint8Array,
  options: CallOptions & {readonly ifAbsent?: boolean} = {},
): Promise<boolean> {
  const ifExists = options.ifAbsent === true ? 'keep' : 'replace';
  let absolute: string | undefined;
  try {
    const destination = await root.locateForCreation(session, path);
    absolute = join(parentOf(destination), OBJECT_PARTIAL_PREFIX + randomUUID());
    const handle = await openPartialHandle(session, absolute, path);
    const spec = {path, size: content.length};
    const work = async (): Promise<void> => {
      if (content.length > 0) await writeRange(session, handle, 0, content);
      await publish({session, root, spec, absolute: absolute ?? '', handle}, {...options, destination: path, ifExists});
    };
    await settledUnlessAborted(
      options.signal,
      session,
      work().finally(() => (session.ended ? undefined : session.closeHandle(handle))),
    );
    return true;
  } catch (error) {
    if (absolute !== undefined && !session.ended) {
      await session.unlink(absolute).catch((second: unknown) => {
        if (!hasStatus(second, STATUS.noSuchFile)) throw error;
      });
    }
    if (ifExists === 'keep' && hasCode(error, 'store.already-exists')) return false;
    if (error instanceof SftpStatus)
      throw await fromStatus(session, path, error, absolute === undefined ? undefined : parentOf(absolute));
    throw error;
  }
}

/** An object that is replaced this often while it is read is replaced all the time. */
const READS = 20;

/** Where a session cannot hold a file open, one that is replaced meanwhile is read again. */
export async function getObject(
  session: FileSession,
  root: SshRoot,
  path: StorePath,
  maxBytes: number,
  options: CallOptions = {},
): Promise<Uint8Array | undefined> {
  for (let reads = 1; ; reads += 1) {
    try {
      return await readObject(session, root, path, maxBytes, options);
    } catch (error) {
      if (reads === READS || !hasCode(error, 'source.changed')) throw error;
    }
  }
}

async function readObject(
  session: FileSession,
  root: SshRoot,
  path: StorePath,
  maxBytes: number,
  options: CallOptions,
): Promise<Uint8Array | undefined> {
  try {
    const source = await openSource(session, root, path);
    try {
      const {size} = source.entry;
      if (size > maxBytes) {
        throw new WaybillError(
          'store.io',
          `${JSON.stringify(path)} holds ${size} bytes, and ${maxBytes} is the most for this object.`,
          {
            path,
            expected: maxBytes,
            found: size,
          },
        );
      }
      return size === 0 ? new Uint8Array(0) : await source.read(0, size, options);
    } finally {
      await source.close();
    }
  } catch (error) {
    if (hasCode(error, 'store.not-found')) return undefined;
    if (hasCode(error, 'store.not-a-directory') && error.found !== LEADS_NOWHERE) return undefined;
    throw error;
  }
}
