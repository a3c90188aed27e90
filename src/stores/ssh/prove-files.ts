import {WaybillError} from '../../contracts/errors.js';
import {quote} from '../../ssh/quote.js';
import type {SmallFile} from '../store.js';
import {translated} from './errors.js';
import type {HashShell} from './hash-shell.js';
import {partialConsumed} from './publish.js';
import type {FileSession} from './file-session.js';
import {hasStatus, STATUS} from '../../ssh/sftp/status.js';

export interface WrittenFile {
  readonly file: SmallFile;
  readonly absolute: string;
  readonly destination: string;
}

export interface Proof {
  readonly verified: 'sha256' | 'size-only';
  readonly mismatches: ReadonlyMap<SmallFile, Error>;
}

/** One program hashes many files: a process for each would take longer than sending them. */
export async function proveFiles(
  session: FileSession,
  shell: HashShell,
  written: readonly WrittenFile[],
  signal: AbortSignal | undefined,
): Promise<Proof> {
  if (written.length === 0) return {verified: 'sha256', mismatches: new Map()};
  const inPlace = await shell.available(signal);
  const mismatches = new Map<SmallFile, Error>();
  const compare = (file: SmallFile, expected: string | number, found: string | number): void => {
    if (found !== expected) mismatches.set(file, mismatch(file, expected, found));
  };
  if (inPlace) {
    const digests = await shell.hashFiles(
      written.map(({absolute}) => absolute),
      signal,
    );
    for (const [index, {file, absolute}] of written.entries()) {
      const digest = digests[index];
      if (digest === undefined && (await sizeOf(session, file, absolute)) === undefined)
        mismatches.set(file, partialConsumed(file.partial));
      else compare(file, file.sha256, digest ?? 'a file that cannot be read');
    }
  } else {
    await Promise.all(
      written.map(async ({file, absolute}) => {
        const size = await sizeOf(session, file, absolute);
        if (size === undefined) mismatches.set(file, partialConsumed(file.partial));
        else compare(file, file.content.length, size);
      }),
    );
  }
  return {verified: inPlace ? 'sha256' : 'size-only', mismatches};
}

/** Undefined where another attempt has published it. */
async function sizeOf(session: FileSession, file: SmallFile, absolute: string): Promise<number | undefined> {
  return translated(session, file.partial, async () => {
    try {
      return (await session.lstat(absolute)).size;
    } catch (error) {
      if (hasStatus(error, STATUS.noSuchFile)) return undefined;
      throw error;
    }
  });
}

function mismatch(file: SmallFile, expected: string | number, found: string | number): WaybillError {
  const message = `The unfinished file of ${JSON.stringify(file.destination)} holds other bytes than were given.`;
  return new WaybillError('transfer.checksum-mismatch', message, {path: file.destination, expected, found});
}

/** The digest of each file on a line of its own, `-` where there is none. */
export function hashFilesScript(paths: readonly string[]): string {
  const together = (group: readonly string[]): string =>
    group.length === 0 ? '' : `hf ${group.map(quote).join(' ')} 2>/dev/null`;
  const lines: string[] = [];
  let group: string[] = [];
  for (const path of paths) {
    // Programs write such names in ways of their own; read from standard input they have none.
    if (/[\\\n\r]/.test(path)) {
      lines.push(together(group), `h <${quote(path)} 2>/dev/null || echo -`);
      group = [];
    } else group.push(path);
  }
  lines.push(together(group));
  return lines.filter((line) => line !== '').join('\n');
}
