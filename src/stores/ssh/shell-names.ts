import type {AttributeChange} from '../../ssh/sftp/attributes.js';
import {changeCommands} from './shell-attributes.js';
import type {ShellDialect} from './shell-dialect.js';

/*
 * What an SFTP server does by one call of the system, as commands on `"$f"`, and on `"$t"` where there are two names.
 * Both are absolute, so that none is taken for an option. A command that fails says why, as programs do.
 */

/** Creates an empty file and nothing else: a name that is taken, by a link too, is refused. */
export function createCommand({stat}: ShellDialect, mode: number): string {
  return `( umask ${(0o777 & ~mode).toString(8)}; set -C; : >"$f" ) && ${stat} "$f"`;
}

/** Looks whether the file may be read, or written. Opening it for that would make it where it was published meanwhile. */
export function openCommand({stat}: ShellDialect, writes: boolean): string {
  return `${stat} "$f" && { [ -${writes ? 'w' : 'r'} "$f" ] || { echo 'Permission denied'; false; }; }`;
}

/** What a command on a file that is held ends with where another one has its name, or none. No program among them does. */
export const ANOTHER_FILE = 9;

/** Goes on where `"$f"` still names this file, and else ends the shell. */
export function expectSame(dialect: ShellDialect, expected: string): string {
  return `${isSame(dialect, expected)} || exit ${ANOTHER_FILE}`;
}

function isSame({identity}: ShellDialect, expected: string): string {
  return `[ "$(${identity} "$f" 2>/dev/null)" = '${expected}' ]`;
}

/**
 * Writes its standard input at `position`, which `scp` cannot: it begins at the start, and cuts off what lies behind. A
 * shell that opens a name for writing makes the file where it is gone: this one opens it for reading, which makes
 * nothing, and opens that again. Only then it looks which file that is, so that none is written that takes the name.
 *
 * A publish of the same file takes three such commands, and may be through between that look and the first byte. Whoever
 * finds so afterwards gives the file back the time that it was published with, in seconds since 1970.
 */
export function writeCommand(
  dialect: ShellDialect,
  expected: string,
  position: number,
  publishedTime?: number,
): string {
  const {reopened} = dialect;
  const write = `dd bs=1 seek=${position} count=0 conv=notrunc 2>/dev/null && cat`;
  const giveBack =
    publishedTime === undefined
      ? ''
      : `; s=$?; ${isSame(dialect, expected)} || { f=${reopened}; ${changeCommands({mtime: publishedTime})}; exit ${ANOTHER_FILE}; }; (exit "$s")`;
  return `{ { ${expectSame(dialect, expected)}; ${write}${giveBack}; } 1<>${reopened}; } 3<"$f"`;
}

/** Runs commands where `"$f"` still names this file, and else does nothing. */
export function ifSame({identity}: ShellDialect, expected: string, commands: string): string {
  return `if [ "$(${identity} "$f")" = '${expected}' ]; then ${commands}\nfi`;
}

export function changeCommand({stat}: ShellDialect, change: AttributeChange): string {
  // `touch -c` finds nothing wrong with a name that is not there.
  return `${stat} "$f" >/dev/null && ${changeCommands(change)}`;
}

/**
 * Takes a name that nobody has, in one step: a second name for the file, and then not the first any more. A publisher
 * that died between the two has left both names to one file: the next one completes that. Where the file system has no
 * second names, and for what is no file, the look and the move are two steps, as with a server of SFTP.
 */
export function renameCommand(dialect: ShellDialect): string {
  return `if [ -f "$f" ] && [ ! -L "$f" ] && { [ ! -d "$t" ] && ln ${dialect.exactLink} "$f" "$t" 2>/dev/null || { [ "$f" != "$t" ] && [ ! -L "$t" ] && [ "$f" -ef "$t" ]; }; }
then rm -f "$f"
elif [ -e "$t" ] || [ -L "$t" ]; then echo 'File exists'; false
else ${moveCommand(dialect)}
fi`;
}

export function replaceCommand(dialect: ShellDialect): string {
  const move = moveCommand(dialect);
  return dialect.exactMove === '' ? `if [ -d "$t" ]; then echo 'Is a directory'; false; else ${move}; fi` : move;
}

/** From one file system to another `mv` copies, and the name shows what is half there: that is refused, as rename(2) does. */
function moveCommand({device, exactMove}: ShellDialect): string {
  return `{ set -- $(${device} "$f" "\${t%/*}/."); if [ "$1" = "$2" ]; then mv -f ${exactMove} "$f" "$t"; else echo 'Invalid cross-device link'; false; fi; }`;
}

/** Makes the link `"$t"`; its target, `"$f"`, may begin with anything. */
export function linkCommand({exactLink}: ShellDialect): string {
  return `if [ -e "$t" ] || [ -L "$t" ]; then echo 'File exists'; false; else ln -s ${exactLink} -- "$f" "$t"; fi`;
}

export function readLinkCommand({stat}: ShellDialect): string {
  return `if [ -L "$f" ]; then readlink -n "$f"; else ${stat} "$f" >/dev/null && { echo 'not a link'; false; }; fi`;
}

/** `readlink` is silent about what it cannot follow. */
export const REAL_PATH_COMMAND = `readlink -n -f -- "$f" || { ls -Ld -- "$f"; false; }`;

/** Says `y` for each name that nothing has, and `n` for the others. */
export function newNamesCommand(words: readonly string[]): string {
  return words.map((word) => `f=${word}; if [ -e "$f" ] || [ -L "$f" ]; then echo n; else echo y; fi`).join('\n');
}
