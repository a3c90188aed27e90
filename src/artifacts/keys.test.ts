import {describe, expect, test} from 'vitest';
import {
  executionRoot,
  inputKey,
  inputManifestKey,
  journalKey,
  logKey,
  outputKey,
  outputsRoot,
  partialsRoot,
} from './keys.js';

test('every kind of file has its place', () => {
  expect(executionRoot('a-1')).toBe('executions/a-1');
  expect(inputKey('a-1', 'data/x.csv')).toBe('executions/a-1/inputs/data/x.csv');
  expect(inputManifestKey('a-1')).toBe('executions/a-1/inputs.ndjson');
  expect(outputKey('a-1', 1, 'r/x')).toBe('executions/a-1/outputs/r/x');
  expect(outputKey('a-1', 2, 'r/x')).toBe('executions/a-1/outputs-g2/r/x');
  expect(logKey('a-1', 3, 'stderr', '0000000000000000')).toBe('executions/a-1/logs/g3/stderr/0000000000000000');
  expect(partialsRoot('a-1')).toBe('executions/a-1/partials');
  expect(journalKey('a-1', 1, 'stage', 'plan.ndjson')).toBe('journal/a-1/g1/stage/plan.ndjson');
});

test.each(['-rf', ' ', 'a b', "'$(x)`", 'a\nb', 'a\\b', 'é', '.hidden', '...', 'x'.repeat(255)])(
  '%j is a name',
  (name) => {
    expect(inputKey('e', name)).toBe(`executions/e/inputs/${name}`);
  },
);

describe('refused', () => {
  test.each(['', '..', '../x', 'a/../../b', '/etc/passwd', 'a//b', 'a/', '.', './a'])(
    '%j leaves its directory',
    (name) => {
      expect(() => inputKey('e', name)).toThrow(expect.objectContaining({code: 'name.outside-root', path: name}));
      expect(() => outputKey('e', 2, name)).toThrow(expect.objectContaining({code: 'name.outside-root'}));
    },
  );

  test.each(['a\0b', '\uDC00', 'é'.repeat(128)])('%j is a name that no file system holds', (name) => {
    expect(() => inputKey('e', name)).toThrow(expect.objectContaining({code: 'name.not-carried', path: name}));
  });

  test.each(['', '..', 'a/b', 'A', '-a', 'a'.repeat(65)])('%j is no id', (id) => {
    expect(() => executionRoot(id)).toThrow(expect.objectContaining({code: 'input.invalid'}));
  });

  test.each([0, -1, 1.5, NaN])('%j is no generation', (generation) => {
    expect(() => outputsRoot('e', generation)).toThrow(expect.objectContaining({code: 'input.invalid'}));
  });

  test('a log object or journal entry is one component', () => {
    expect(() => logKey('e', 1, 'stdout', 'a/b')).toThrow(expect.objectContaining({code: 'name.outside-root'}));
    expect(() => journalKey('e', 1, 'run', '..')).toThrow(expect.objectContaining({code: 'name.outside-root'}));
  });
});
