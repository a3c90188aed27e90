import {timeLimit} from '../../abort/time-limit.js';
import {WaybillError} from '../../contracts/errors.js';
import {takeChunk} from '../../hashing/chunk-memory.js';
import type {ShellDialogue} from '../../ssh/dialogue.js';
import {PipedCommand} from '../../ssh/piped-command.js';
import type {SshPool} from '../../ssh/pool.js';
import {quote} from '../../ssh/quote.js';
import {sendingCommand} from '../../ssh/scp/command.js';
import {agreementTo, receiveInTurn, ScpReceiver} from '../../ssh/scp/receive.js';
import {type FileAttributes, isFile} from '../../ssh/sftp/attributes.js';
import type {MovingOptions} from '../store.js';
import {MAX_SECONDS} from './entry.js';
import {SESSION_WITHIN_MS} from './hash-file.js';
import {parseStated, type StatedFile} from './shell-attributes.js';
import type {ShellDialect} from './shell-dialect.js';

/** Beginning a session costs about as much as so many files cost by themselves. */
export const WORTH_A_STREAM = 32;

export interface FileToGet {
  readonly absolute: string;
  /** Bytes that it is expected to hold. */
  readonly size: number;
}

export interface FileGot {
  /** As it was before it was read. */
  readonly attributes: FileAttributes;
  readonly content: Buffer;
  /** Whether another look, after it was read, showed something else. */
  readonly changed: boolean;
}

interface GetBy {
  readonly pool: SshPool;
  readonly dialogue: Pick<ShellDialogue, 'ask'>;
  readonly dialect: ShellDialect;
  /** Told of the session. */
  readonly started: (command: PipedCommand) => void;
}

interface Getting {
  readonly file: FileToGet;
  readonly before: StatedFile;
  readonly content: Buffer;
  readonly receiver: ScpReceiver;
}

/**
 * Reads whole files by one session of `scp`, between two looks at all of them. Answers for each, in order; undefined
 * where it has to be read by itself: it is no regular file, it holds more or less than was expected, or `scp` could not
 * read it. Rejects where `scp` answered for none of them, or gave none of so many that this is no matter of the files.
 */
export async function getFiles(
  files: readonly FileToGet[],
  {pool, dialogue, dialect, started}: GetBy,
  {signal, onBytes}: MovingOptions,
): Promise<readonly (FileGot | undefined)[]> {
  const before = await lookAt(dialogue, dialect, files, signal);
  const getting = files.flatMap((file): readonly Getting[] => {
    const found = before.get(file.absolute);
    if (found === undefined || !isAsExpected(found.attributes, file)) return [];
    const content = takeChunk(file.size);
    return [{file, before: found, content, receiver: new ScpReceiver(content)}];
  });
  if (getting.length === 0) return files.map(() => undefined);
  const receivers = getting.map(({receiver}) => receiver);
  const sending = `exec ${sendingCommand(...getting.map(({file}) => file.absolute))}`;
  const take = receiveInTurn(receivers);
  const taken = (bytes: Buffer): void => {
    onBytes?.();
    take(bytes);
  };
  const soon = timeLimit(SESSION_WITHIN_MS, signal);
  const command = await PipedCommand.open(pool, sending, taken, soon.signal).finally(() => soon.end());
  started(command);
  // Ahead of what it is about, so that a long line does not cost a round trip for each file.
  await command.write(agreementTo(getting.length));
  command.endInput();
  const {status, said} = await command.done;
  const answered = receivers.some(({ended}) => ended);
  const gave = receivers.some(({kept}) => kept !== undefined);
  if (!answered || (!gave && getting.length >= WORTH_A_STREAM)) {
    const why = `${receivers[0]?.complaint ?? ''} ${said}`.trim().slice(0, 500);
    const message = `scp gave no file on ${pool.endpoint.host} (status ${status}): ${why}`;
    throw new WaybillError('shell.failed', message, {path: pool.endpoint.name});
  }
  const got = getting.filter(({receiver}) => receiver.kept !== undefined);
  const after = await lookAt(
    dialogue,
    dialect,
    got.map(({file}) => file),
    signal,
  );
  const answers = new Map<FileToGet, FileGot>();
  for (const each of got) answers.set(each.file, gotFile(each, after.get(each.file.absolute)));
  return files.map((file) => answers.get(file));
}

/** One that is longer would have to come in full; a time that SFTP has no number for would make it seem another one. */
function isAsExpected(found: FileAttributes, {size}: FileToGet): boolean {
  return isFile(found) && found.size === size && found.mtime >= 0 && found.mtime <= MAX_SECONDS;
}

function gotFile({before, content, receiver}: Getting, after: StatedFile | undefined): FileGot {
  const {attributes, identity} = before;
  const isSame =
    after?.identity === identity &&
    after.attributes.size === attributes.size &&
    after.attributes.mtime === attributes.mtime &&
    receiver.size === attributes.size;
  return {attributes, content: content.subarray(0, receiver.kept), changed: !isSame};
}

/** What has each name, a link itself and not what it points to; nothing for a name that holds a newline. */
async function lookAt(
  dialogue: Pick<ShellDialogue, 'ask'>,
  {statNamed}: ShellDialect,
  files: readonly FileToGet[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, StatedFile>> {
  const words = files.filter(({absolute}) => !absolute.includes('\n')).map(({absolute}) => quote(absolute));
  if (words.length === 0) return new Map();
  const found = new Map<string, StatedFile>();
  for (const line of await dialogue.ask(`${statNamed} ${words.join(' ')} 2>/dev/null`, signal)) {
    const stated = parseStated(line);
    if (stated !== undefined && line.endsWith('/')) found.set(line.slice(stated.length + 1, -1), stated.file);
  }
  return found;
}
