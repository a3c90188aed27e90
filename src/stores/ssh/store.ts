import {SshShell} from '../../ssh/exec.js';
import type {SshPool} from '../../ssh/pool.js';
import type {CallOptions, ListedEntry, Store, StorePath, StoreProperties} from '../store.js';
import {unlessAborted} from '../../abort/on-abort.js';
import {openedUnlessAborted, settledUnlessAborted} from './abort.js';
import {translated} from './errors.js';
import {RangeHasher} from './hash.js';
import {hashFile} from './hash-file.js';
import {HashShell} from './hash-shell.js';
import {makeLink, readLink} from './links.js';
import {FileStreams} from './file-streams.js';
import {list} from './list.js';
import {freeSpace, remove, rename, setAttributes, stat} from './names.js';
import {getObject, putObject} from './objects.js';
import {openPartial} from './partial.js';
import {putFiles} from './put-files.js';
import {readFiles} from './read-files.js';
import {removeTree} from './remove-tree.js';
import {SshRoot} from './root.js';
import type {FileSession} from './file-session.js';
import {FileSessions, type OnProtocol, type SshProtocol} from './sessions.js';
import {openSource} from './source.js';

export interface SshStoreOptions {
  readonly name: string;
  /** Stays the caller's: `close` ends the store's sessions, not the pool. */
  readonly pool: SshPool;
  /** Absolute, or relative to the user's home directory, also written `~/…`. Created by the first call that writes. */
  readonly root: string;
  /** `auto` finds out with the first call whether there is SFTP, and takes commands and `scp` where there is none. Default `auto`. */
  readonly protocol?: SshProtocol;
  /** Told once, when the first session is open. */
  readonly onProtocol?: OnProtocol;
  /** Sessions, each on a connection of its own as far as the pool allows. Default 2. */
  readonly sessions?: number;
  /** The same where a round trip takes 8 ms or more: large files are then spread over all of them, two on each connection. Default 8. */
  readonly longLineSessions?: number;
}

/** Of a long line: what a server takes before it says that it takes more is bounded for each session, not for a connection. */
export const SESSIONS_A_CONNECTION = 2;

const PROPERTIES: Omit<StoreProperties, 'hashing'> = {
  rangedReads: true,
  partialWrites: 'random',
  atomicReplace: true,
  conditionalPublish: true,
  modes: true,
  owners: true,
  modificationTimes: true,
  timeResolutionMs: 1000,
  links: true,
  durable: true,
  overNetwork: true,
  preferredChunkBytes: 1024 * 1024,
  preferredDepth: 8,
};

/** What is under way on a long line: enough for the windows of all its sessions. */
const LONG_LINE_DEPTH = 24;

/** Each range is a session of its own, which costs round trips and processes. */
const RANGE_BYTES = 2 * 1024 * 1024;
const BY_COMMANDS = {
  protocol: 'scp',
  preferredChunkBytes: RANGE_BYTES,
  leastChunkBytes: RANGE_BYTES,
  preferredDepth: 8,
} as const;

/** The files below a directory of another machine, over SFTP, or by commands and `scp`. Nothing is connected before the first call. */
export function openSshStore({name, pool, root: rootPath, ...limits}: SshStoreOptions): Store {
  const root = new SshRoot(rootPath);
  const sessions = new FileSessions(pool, {
    ...{protocol: 'auto', onProtocol: () => undefined, sessions: 2, longLineSessions: 4 * SESSIONS_A_CONNECTION},
    ...limits,
  });
  const shell = new HashShell(pool);
  const scripts = new SshShell(pool);
  const streams = new FileStreams(pool);
  const hasher = new RangeHasher(shell);
  const reading = async <T>(
    options: CallOptions | undefined,
    work: (session: FileSession) => Promise<T>,
  ): Promise<T> => {
    options?.signal?.throwIfAborted();
    return unlessAborted(options?.signal, sessions.get(0, options?.signal).then(work));
  };
  const changing = async <T>(
    options: CallOptions | undefined,
    work: (session: FileSession) => Promise<T>,
  ): Promise<T> => {
    options?.signal?.throwIfAborted();
    const session = await sessions.get(0, options?.signal);
    return settledUnlessAborted(options?.signal, session, work(session));
  };
  async function* listing(directory: StorePath, options?: CallOptions): AsyncGenerator<ListedEntry> {
    options?.signal?.throwIfAborted();
    yield* list(await sessions.get(0, options?.signal), root, directory, options);
  }
  const open: Store['openSource'] = (path, options) =>
    sessions.onLeastBusy((session) => {
      const opening = openSource(session, root, path, sessions.beside(session));
      return openedUnlessAborted(opening, unlessAborted(options?.signal, opening));
    }, options?.signal);
  return {
    name,
    kind: 'ssh',
    get properties(): StoreProperties {
      // Whether the target can hash is found out by the first use.
      const hashing = shell.mayBeAvailable ? 'in-place' : 'read-back';
      if (sessions.protocol === 'scp') return {...PROPERTIES, hashing, ...BY_COMMANDS};
      return {
        ...{...PROPERTIES, hashing},
        ...(sessions.protocol === undefined ? {} : {protocol: sessions.protocol}),
        ...(sessions.isLongLine ? {preferredDepth: LONG_LINE_DEPTH} : {}),
      };
    },
    stat: (path, options) => reading(options, (session) => stat(session, root, path)),
    list: listing,
    readLink: (path, options) => reading(options, (session) => readLink(session, root, path)),
    openSource: open,
    readFiles: (files, options) => readFiles({sessions, root, streams, openSource: open}, files, options),
    openPartial: (partial, options) =>
      sessions.onLeastBusy((session) => {
        const opening = openPartial(session, root, partial, hasher, sessions.beside(session));
        return openedUnlessAborted(opening, settledUnlessAborted(options?.signal, session, opening));
      }, options?.signal),
    putObject: (path, content, options) =>
      changing(options, (session) => putObject(session, root, path, content, options)),
    getObject: (path, maxBytes, options) =>
      reading(options, (session) => getObject(session, root, path, maxBytes, options)),
    putFiles: (files, options) => putFiles(sessions, root, shell, files, options),
    makeDirectory: (path, options) =>
      changing(options, (session) =>
        translated(session, path, async () => {
          await root.createDirectory(session, path, options?.mode);
        }),
      ),
    makeLink: (path, target, options) => changing(options, (session) => makeLink(session, root, path, target)),
    setAttributes: (path, attributes, options) =>
      changing(options, (session) => setAttributes(session, root, path, attributes)),
    rename: (from, to, options) => changing(options, (session) => rename(session, root, from, to, options.overwrite)),
    remove: (path, options) => changing(options, (session) => remove(session, root, path)),
    removeTree: (path, options) =>
      changing(options, (session) => removeTree(session, root, scripts, path, options?.signal)),
    hash: (path, options) => reading(options, (session) => hashFile(session, root, pool, path, options)),
    freeSpace: (path, options) => reading(options, (session) => freeSpace(session, root, path)),
    close: async () => {
      shell.close();
      streams.close();
      await sessions.close();
    },
  };
}
