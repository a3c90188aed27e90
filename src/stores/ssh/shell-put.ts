import type {ShellDialogue} from '../../ssh/dialogue.js';
import type {PipedCommand} from '../../ssh/piped-command.js';
import type {SshPool} from '../../ssh/pool.js';
import {quote} from '../../ssh/quote.js';
import {isCarried} from '../../ssh/scp/records.js';
import {sendFiles} from '../../ssh/scp/send.js';
import {STATUS} from '../../ssh/sftp/status.js';
import type {FileToPut} from './file-session.js';
import {parentOf} from './root.js';
import {newNamesCommand} from './shell-names.js';
import {statusOf} from './shell-status.js';

/**
 * Writes whole files, a session of `scp` for each directory, and answers as `FileSession.putWhole`. `scp` follows links,
 * writes into directories and cuts off what is longer: it is given new names only, and it knows no owners.
 *
 * @param started told of each session
 */
export async function putNewFiles(
  pool: SshPool,
  dialogue: ShellDialogue,
  files: readonly FileToPut[],
  started: (command: PipedCommand) => void,
): Promise<readonly (Error | 'apart' | undefined)[]> {
  if (files.length === 0) return [];
  const free = await dialogue.ask(newNamesCommand(files.map(({absolute}) => quote(absolute))));
  const outcomes = new Map<FileToPut, Error | 'apart'>();
  const byDirectory = new Map<string, FileToPut[]>();
  for (const [index, file] of files.entries()) {
    const directory = parentOf(file.absolute);
    // A complaint names the path as it is: a newline in it would be the end of the complaint.
    const named = isCarried(nameOf(file.absolute)) && !directory.includes('\n');
    const carried = named && file.attributes?.owner === undefined;
    if (free[index] !== 'y' || !carried) outcomes.set(file, 'apart');
    else byDirectory.set(directory, [...(byDirectory.get(directory) ?? []), file]);
  }
  for (const [directory, group] of byDirectory) {
    const sent = group.map(({absolute, content, attributes}) => ({
      ...{name: nameOf(absolute), content, mode: attributes?.mode ?? 0o600},
      ...(attributes?.mtime === undefined ? {} : {modifiedAt: attributes.mtime}),
    }));
    const complaints = await sendFiles(pool, directory, sent, started);
    for (const [index, file] of group.entries()) {
      const complaint = complaints[index];
      if (complaint === undefined) continue;
      const refusal = statusOf(complaint);
      // Gone before it was whole: another attempt has published it, as the proof finds out.
      if (refusal.status !== STATUS.noSuchFile) outcomes.set(file, refusal);
    }
  }
  return files.map((file) => outcomes.get(file));
}

function nameOf(absolute: string): string {
  return absolute.slice(absolute.lastIndexOf('/') + 1);
}
