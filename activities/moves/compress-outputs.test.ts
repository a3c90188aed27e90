import {expect, test} from 'vitest';
import type {PlannedFile} from '../../src/transfer/planned-file.js';
import {compressOutputs} from './compress-outputs.js';

const MIN = 16 * 1024 * 1024;
const settings = {outputs: true, minBytes: MIN};

function output(name: string, size = MIN): PlannedFile {
  return {name, kind: 'file', size, mode: 0o600, modifiedAt: 0};
}

function marked(entries: readonly PlannedFile[], more = {}): readonly (string | undefined)[] {
  return compressOutputs(entries, {...settings, ...more}).map(({compressAs}) => compressAs);
}

test('marks what is large and may be a text, whatever its name', () => {
  expect(marked([output('a/b.csv'), output('README'), output('page.svg')])).toEqual([
    'a/b.csv.gz',
    'README.gz',
    'page.svg.gz',
  ]);
});

test('leaves what is small, too large, a picture, a directory, or turned off', () => {
  const directory: PlannedFile = {...output('d'), kind: 'directory'};
  expect(marked([output('a', MIN - 1), output('b', 200 * 1024 ** 3), output('c.png'), directory])).toEqual(
    Array.from({length: 4}, () => undefined),
  );
  expect(marked([output('a')], {outputs: false})).toEqual([undefined]);
});

test('leaves a file whose name with the extension is taken, or is too long', () => {
  const long = 'x'.repeat(253);
  const deep = `${'directory/'.repeat(80)}a`;
  expect(marked([output('a'), output('a.gz', 5), output(long), output(deep)])).toEqual(
    Array.from({length: 4}, () => undefined),
  );
  expect(marked([output('x'.repeat(252))])).toEqual([`${'x'.repeat(252)}.gz`]);
});
