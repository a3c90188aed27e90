import {randomBytes} from 'node:crypto';

/** An id that people can recognise and that nobody has used: a word of the label or command, and eight random letters. */
export function newExecutionId(label: string | undefined, command: readonly string[]): string {
  const word = (label ?? command[0]?.split('/').at(-1) ?? '')
    .toLowerCase()
    .replace(/\.[a-z0-9]+$/, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  const random = Array.from(randomBytes(8), (byte) => 'abcdefghjkmnpqrstuvwxyz23456789ab'[byte % 32]).join('');
  return word === '' ? random : `${word}-${random}`;
}
