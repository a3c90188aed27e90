import {expect, test} from 'vitest';
import type {PlannedFile} from './planned-file.js';
import {cutSegments, type SegmentLimits} from './segments.js';

async function cut(sizes: readonly number[], limits: Partial<SegmentLimits>): Promise<readonly (readonly number[])[]> {
  const plan = sizes.map(
    (size, index): PlannedFile => ({name: `f${index}`, kind: 'file', size, mode: 0o644, modifiedAt: 0}),
  );
  const segments: (readonly PlannedFile[])[] = [];
  for await (const segment of cutSegments(plan, {maxFiles: 100, maxBytes: 100, ...limits})) segments.push(segment);
  expect(segments.flat()).toEqual(plan);
  return segments.map((segment) => segment.map(({size}) => size));
}

function tens(count: number): readonly number[] {
  return Array.from({length: count}, () => 10);
}

test.each<[string, readonly number[], Partial<SegmentLimits>, readonly (readonly number[])[]]>([
  ['nothing gives no segment', [], {}, []],
  ['by the number of files', [1, 2, 3, 4, 5], {maxFiles: 2}, [[1, 2], [3, 4], [5]]],
  ['exactly as many files as fit', [1, 2], {maxFiles: 2}, [[1, 2]]],
  ['by bytes', [60, 40, 1], {}, [[60, 40], [1]]],
  ['what was cut off does not count for the next', [60, 60, 40], {}, [[60], [60, 40]]],
  ['a file larger than a segment has one of its own', [10, 500, 10], {}, [[10], [500], [10]]],
  ['a large file first leaves no empty segment', [500, 500], {}, [[500], [500]]],
  ['a rest of a tenth goes with what it follows', tens(21), {maxFiles: 10, maxBytes: 1000}, [tens(10), tens(11)]],
  ['more than a tenth does not', tens(12), {maxFiles: 10, maxBytes: 1000}, [tens(10), tens(2)]],
  ['nor what has too many bytes', tens(11), {maxFiles: 10, maxBytes: 100}, [tens(10), tens(1)]],
  ['nor what follows a cut by bytes', [60, 50, 1], {maxFiles: 10}, [[60], [50, 1]]],
  ['empty files are bounded by their number', [0, 0, 0], {maxFiles: 2, maxBytes: 0}, [[0, 0], [0]]],
])('%s', async (_what, sizes, limits, expected) => {
  expect(await cut(sizes, limits)).toEqual(expected);
});
