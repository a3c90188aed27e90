import {expect, it} from 'vitest';
import {staysInside} from './links.js';

it.each([
  ['a', 'b', true],
  ['a/b', '../c', true],
  ['a', '.', true],
  ['a', './b/./c', true],
  ['a', '../c', false],
  ['a/b', '../../c', false],
  ['a/b', 'c/../../..', false],
  ['a', '/c', false],
  ['a', '', false],
  ['a', 'b\0c', false],
  // Where `d` is itself a link to `e/f`, `d/..` is `e`, and three of them are out of the tree.
  ['a/b/c', 'd/../../x', false],
  ['a', 'd/..', false],
])('a link %j to %j stays inside: %j', (name, target, expected) => {
  expect(staysInside(name, target)).toBe(expected);
});
