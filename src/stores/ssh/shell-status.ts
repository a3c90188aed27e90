import {type RefusingMedium, SftpStatus, STATUS} from '../../ssh/sftp/status.js';

/**
 * What programs and shells say of an errno in the C locale, GNU, BusyBox, BSD, dash and musl, and the status with which
 * an SFTP server would say it. A line ends with it.
 */
const REASONS: readonly (readonly [said: RegExp, status: number, medium?: RefusingMedium])[] = [
  [/(?:no such file or directory|no such file|nonexistent directory|directory nonexistent)$/i, STATUS.noSuchFile],
  [/(?:not a directory|too many levels of symbolic links|symbolic link loop)$/i, STATUS.noSuchFile],
  [/(?:permission denied|operation not permitted)$/i, STATUS.permissionDenied],
  [/(?:no space left on device|disc quota exceeded|disk quota exceeded|quota exceeded)$/i, STATUS.failure, 'full'],
  [/read-only file ?system$/i, STATUS.failure, 'read-only'],
];

/** Most of what a program says is of no use to anybody: `dd` and `find` go on at length. */
const LONGEST_MESSAGE = 500;

/** A refusal from one line that a command said, or undefined where that line gives no reason that is known. */
export function reasonOf(line: string): SftpStatus | undefined {
  const said = line.trim();
  const found = REASONS.find(([pattern]) => pattern.test(said));
  return found === undefined ? undefined : new SftpStatus(found[1], said.slice(0, LONGEST_MESSAGE), found[2]);
}

/** A refusal from all that a command said: the first reason in it. */
export function statusOf(said: string): SftpStatus {
  for (const line of said.split('\n')) {
    const reason = reasonOf(line);
    if (reason !== undefined) return reason;
  }
  return new SftpStatus(STATUS.failure, said.trim().slice(0, LONGEST_MESSAGE) || 'the command says no more');
}
