import {execFileSync} from 'node:child_process';
import {expect, test} from 'vitest';
import {quote} from './quote.js';

const words = [
  '',
  'plain',
  '-rf',
  "it's",
  "'''",
  '$(id)`id`',
  'a\nb',
  'back\\slash\\',
  '"',
  '*?[',
  ' ',
  '\t',
  '!!',
  'ü€𝄞',
  '#',
  '~',
];

test.each(words)('gives the shell %j back as it was', (word) => {
  const printed = execFileSync('/bin/sh', ['-s'], {input: `printf '%s' ${quote(word)}`});
  expect(printed.toString()).toBe(word);
});

test('refuses NUL, which no word can hold', () => {
  expect(() => quote('a\0b')).toThrow(RangeError);
});
