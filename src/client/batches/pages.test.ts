import {expect, it} from 'vitest';
import type {BatchFile} from '../batch-api.js';
import {cutPages} from './pages.js';

const file = (index: number, size: number, name = `f${index}`): BatchFile => ({
  path: `/${name}`,
  name,
  input: name,
  size,
});
const lengths = (files: readonly BatchFile[]) => cutPages(files).map(({length}) => length);

it('has a hundred small files on a page, each with its index', () => {
  const files = Array.from({length: 250}, (_, index) => file(index, 10));
  expect(lengths(files)).toEqual([100, 100, 50]);
  expect(cutPages(files)[2]?.[49]?.item).toEqual({index: 249, input: 'f249', name: 'f249'});
});

it('has few large files on a page, so that the first executions begin soon', () => {
  const files = [1, 2, 3, 4].map((index) => file(index, 40 * 1024 * 1024));
  expect(lengths(files)).toEqual([1, 1, 1, 1]);
  expect(lengths([file(0, 1e12), file(1, 1)])).toEqual([1, 1]);
});

it('has no page of names that could not travel', () => {
  const files = Array.from({length: 100}, (_, index) => file(index, 1, `${index}-${'n'.repeat(4000)}`));
  expect(lengths(files).length).toBeGreaterThan(1);
});
