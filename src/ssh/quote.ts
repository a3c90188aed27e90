/**
 * Makes one word of POSIX `sh` out of any text. Inside single quotes nothing is special, so newlines, backslashes, `$`
 * and leading dashes stay as they are; only NUL cannot be part of a word, and is refused.
 */
export function quote(word: string): string {
  if (word.includes('\0')) throw new RangeError('a shell word cannot hold NUL');
  return `'${word.replaceAll("'", "'\\''")}'`;
}
