import {describe, expect, test} from 'vitest';
import {carriedNames, carriedPaths, refusedNames} from './contract/hostile-names.js';
import {checkStoreName, checkStorePath, joinStorePath, splitStorePath} from './paths.js';

describe('store paths', () => {
  test.each([...carriedNames, ...carriedPaths])('take $title', ({name}) => {
    expect(checkStorePath(name)).toBe(name);
  });

  test.each(refusedNames)('refuse $title', ({name, code}) => {
    expect(() => checkStorePath(name)).toThrow(expect.objectContaining({code}));
    expect(() => joinStorePath('a', name)).toThrow(expect.objectContaining({code}));
  });

  test('join, leaving out the root', () => {
    expect(joinStorePath('', 'a/b', 'c')).toBe('a/b/c');
    expect(joinStorePath()).toBe('');
  });

  test('split into directory and name', () => {
    expect(splitStorePath('')).toBeUndefined();
    expect(splitStorePath('a')).toEqual({directory: '', name: 'a'});
    expect(splitStorePath('a/b/c')).toEqual({directory: 'a/b', name: 'c'});
  });

  test('take no path and no root for a single name', () => {
    expect(checkStoreName('a b')).toBe('a b');
    for (const name of ['a/b', '', '..']) expect(() => checkStoreName(name)).toThrow(/./);
  });
});
