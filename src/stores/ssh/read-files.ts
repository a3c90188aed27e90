import {onAbort, unlessAborted} from '../../abort/on-abort.js';
import {toError} from '../../contracts/errors.js';
import {digestOf} from '../../hashing/digest-of.js';
import {groupsOf} from '../groups.js';
import {inParallel, mapInParallel} from '../in-parallel.js';
import type {MovingOptions, Store, WholeFile, WholeFileRequest} from '../store.js';
import {entryOf} from './entry.js';
import type {FileStreams} from './file-streams.js';
import type {SshRoot} from './root.js';
import {RunningCommands} from './running-commands.js';
import type {FileSessions} from './sessions.js';
import type {FileGot} from './shell-get.js';

/** Each file that is read by itself costs four round trips: so many files overlap theirs. */
const READS_AT_ONCE = 32;

/** Of one session: names are arguments of one program, which the system limits. */
const MOST_NAMES = {files: 512, bytes: 64 * 1024};

interface ReadFrom {
  readonly sessions: FileSessions;
  readonly root: SshRoot;
  readonly streams: FileStreams;
  readonly openSource: Store['openSource'];
}

interface LocatedFile {
  readonly request: WholeFileRequest;
  readonly absolute: string;
  readonly size: number;
}

/** Small files in groups, each in one stream; those that it does not carry one by one, by `openSource`. */
export async function readFiles(
  place: ReadFrom,
  requests: readonly WholeFileRequest[],
  options: MovingOptions = {},
): Promise<readonly WholeFile[]> {
  const {signal} = options;
  signal?.throwIfAborted();
  const commands = new RunningCommands();
  const forget = onAbort(signal, () => commands.end());
  try {
    const got = await unlessAborted(signal, getInGroups(place, requests, commands, options));
    return await mapInParallel(requests, READS_AT_ONCE, (request) => {
      const file = got.get(request);
      return file === undefined ? readByItself(place, request, options) : wholeFile(file);
    });
  } finally {
    forget();
  }
}

async function getInGroups(
  {sessions, root, streams}: ReadFrom,
  requests: readonly WholeFileRequest[],
  commands: RunningCommands,
  options: MovingOptions,
): Promise<ReadonlyMap<WholeFileRequest, FileGot>> {
  const got = new Map<WholeFileRequest, FileGot>();
  const located = new Map<WholeFileRequest, LocatedFile>();
  // Whatever keeps files from being found is told when each is read by itself.
  const session = await sessions.get(0, options.signal).catch(() => undefined);
  if (session === undefined) return got;
  await inParallel(requests, READS_AT_ONCE, async (request) => {
    const absolute = await root.locate(session, request.path).catch(() => undefined);
    if (absolute !== undefined) located.set(request, {request, absolute, size: request.size});
  });
  const found = requests.flatMap((request) => located.get(request) ?? []);
  for (const group of groupsOf(found, MOST_NAMES, ({absolute}) => Buffer.byteLength(absolute))) {
    for (const [index, file] of (await streams.get(group, commands, options)).entries()) {
      const request = group[index]?.request;
      if (file !== undefined && request !== undefined) got.set(request, file);
    }
  }
  return got;
}

async function wholeFile({attributes, content, changed}: FileGot): Promise<WholeFile> {
  return {outcome: 'read', entry: entryOf(attributes), content, sha256: await digestOf(content), changed};
}

async function readByItself(
  {openSource}: ReadFrom,
  {path, size}: WholeFileRequest,
  options: MovingOptions,
): Promise<WholeFile> {
  try {
    const source = await openSource(path, options);
    try {
      const {entry} = source;
      const content = size === 0 ? new Uint8Array(0) : await source.read(0, size, options);
      options.onBytes?.();
      const changed = (await source.restat(options)).identity !== entry.identity;
      return {outcome: 'read', entry, content, sha256: await digestOf(content), changed};
    } finally {
      await source.close();
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    return {outcome: 'failed', error: toError(error)};
  }
}
