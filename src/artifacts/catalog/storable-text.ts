/**
 * Text for people as PostgreSQL can hold it: NUL, which it refuses, is shown as ␀. A record of how an execution ended
 * must not fail because of what its command printed.
 */
export function storableText(text: string): string {
  return text.replaceAll('\0', '␀');
}
