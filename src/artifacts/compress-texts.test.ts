import {expect, test} from 'vitest';
import type {PlannedFile} from '../transfer/planned-file.js';
import {compressTexts} from './compress-texts.js';

const MIN = 16 * 1024 * 1024;

function file(name: string, size = MIN): PlannedFile {
  return {name, kind: 'file', size, mode: 0o600, modifiedAt: 0};
}

function marked(entries: readonly PlannedFile[]): readonly (string | undefined)[] {
  return compressTexts(entries, MIN).map(({compressAs}) => compressAs);
}

test('marks what is large and may be a text, whatever its name', () => {
  expect(marked([file('a/b.csv'), file('README'), file('page.svg')])).toEqual([
    'a/b.csv.gz',
    'README.gz',
    'page.svg.gz',
  ]);
});

test('leaves what is small, too large, a picture or a directory', () => {
  const directory: PlannedFile = {...file('d'), kind: 'directory'};
  expect(marked([file('a', MIN - 1), file('b', 200 * 1024 ** 3), file('c.png'), directory])).toEqual(
    Array.from({length: 4}, () => undefined),
  );
});

test('leaves a file whose name with the extension is taken, or is too long', () => {
  const long = 'x'.repeat(253);
  const deep = `${'directory/'.repeat(80)}a`;
  expect(marked([file('a'), file('a.gz', 5), file(long), file(deep)])).toEqual(
    Array.from({length: 4}, () => undefined),
  );
  expect(marked([file('x'.repeat(252))])).toEqual([`${'x'.repeat(252)}.gz`]);
});
