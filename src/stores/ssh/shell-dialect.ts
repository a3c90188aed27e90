import {WaybillError} from '../../contracts/errors.js';
import type {ShellDialogue} from '../../ssh/dialogue.js';
import {IDENTITY_FORMATS, STAT_FORMATS} from './shell-attributes.js';

/** What the programs of a target are able to do, found out once for each session. */
export interface ShellDialect {
  /** `stat` and its format, without a name. */
  readonly stat: string;
  /** Prints the identity alone, as `StatedFile` has it. */
  readonly identity: string;
  /** Prints the devices of the files named, each on a line. */
  readonly device: string;
  /** The same as `stat` for `find -exec`: each name follows what is told of it, and a slash, which no name holds, ends it. */
  readonly statNamed: string;
  /** Flag with which `mv` and `ln` take a directory for the name to make, not for the place to make it in. */
  readonly exactMove: string;
  readonly exactLink: string;
  /** Where what file descriptor 3 reads can be opened again for writing: `"$f"` on systems without `/proc`. */
  readonly reopened: string;
  /** Puts what `"$f"` names on the medium. */
  readonly sync: string;
  /** Whether the target has the program `scp`. */
  readonly scp: boolean;
}

const PROBE = `
LC_ALL=C; export LC_ALL; unset CDPATH
if stat -c %f / >/dev/null 2>&1; then echo stat-c; elif stat -f %Xp / >/dev/null 2>&1; then echo stat-f; fi
mv --help 2>&1 | grep -q -e ' -T' && echo mv-T
ln --help 2>&1 | grep -q -e ' -T' && echo ln-T
sync --help 2>&1 | grep -q -e FILE && echo sync-file
[ -e /proc/self/fd/0 ] && echo proc
command -v scp >/dev/null 2>&1 && echo scp
`;

/** Sets the locale of the dialogue, so that messages can be read, and asks what is there. */
export async function findDialect(dialogue: Pick<ShellDialogue, 'ask'>, target: string): Promise<ShellDialect> {
  const found = new Set(await dialogue.ask(PROBE));
  const flag = found.has('stat-c') ? 'c' : found.has('stat-f') ? 'f' : undefined;
  if (flag === undefined) {
    throw new WaybillError(
      'ssh.sftp-unavailable',
      `${target} has neither SFTP nor a program \`stat\` that could replace it.`,
      {path: target},
    );
  }
  return {
    stat: `stat -${flag} '${STAT_FORMATS[flag]}' --`,
    identity: `stat -${flag} ${IDENTITY_FORMATS[flag]} --`,
    device: `stat -${flag} %d --`,
    statNamed: `stat -${flag} '${STAT_FORMATS[flag]} ${{c: '%n', f: '%N'}[flag]}/' --`,
    exactMove: found.has('mv-T') ? '-T' : '',
    exactLink: found.has('ln-T') ? '-T' : '',
    reopened: found.has('proc') ? '/proc/self/fd/3' : '"$f"',
    sync: found.has('sync-file') ? 'sync -- "$f"' : 'sync',
    scp: found.has('scp'),
  };
}
