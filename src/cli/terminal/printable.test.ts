import {describe, expect, it} from 'vitest';
import {printable, printableCommand, printableText} from './printable.js';

describe('printable', () => {
  it.each([
    ['plain.txt', 'plain.txt'],
    ['\u001b[2J', '\\x1b[2J'],
    ['a\nb\tc\rd', 'a\\nb\\tc\\rd'],
    ['back\\slash', 'back\\\\slash'],
    ['\u0000\u007f\u009b', '\\x00\\x7f\\x9b'],
    ['right\u202eleft', 'right\\u{202e}left'],
    ['line\u2028end', 'line\\u{2028}end'],
    ['lone \ud800', 'lone \\u{d800}'],
    ['naïve – 日本 🎉', 'naïve – 日本 🎉'],
  ])('%j', (text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('keeps two names apart that differ in what is escaped', () => {
    expect(printable('a\n')).not.toBe(printable('a\\n'));
  });

  it('leaves line ends in sentences and nothing else', () => {
    expect(printableText('one\ntwo\u001b[31m')).toBe('one\ntwo\\x1b[31m');
  });

  it('quotes words of a command', () => {
    expect(printableCommand(['sort', '-k', 'a b', '\u001b]0;x\u0007', ''])).toBe("sort -k 'a b' '\\x1b]0;x\\x07' ''");
  });
});
