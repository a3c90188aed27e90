import {newlineFor, pipedWord} from '../piped-command.js';

/**
 * The program that takes files into a directory: `-t` makes it the receiving end, `-d` has it refuse what is no
 * directory, `-p` has it set modes and times as they are told.
 *
 * @param directory absolute
 */
export function receivingCommand(directory: string): string {
  return `${newlineFor(directory)}exec scp -p -d -t ${pipedWord(directory)}`;
}

/** The program that gives files, one after the other: `-f` makes it the sending end. The shell goes on afterwards. */
export function sendingCommand(...absolutes: readonly string[]): string {
  return `scp -f ${absolutes.map(pipedWord).join(' ')}`;
}
