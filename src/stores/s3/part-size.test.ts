import {describe, expect, test} from 'vitest';
import {leastPartBytesOf, MOST_OBJECT_BYTES, MOST_PARTS, PART_BYTES, partBytesOf, partLength} from './part-size.js';

const GIBIBYTE = 1024 ** 3;
/** S3 takes parts of 5 MiB to 5 GiB. */
const LEAST_PART = 5 * 1024 ** 2;
const LARGEST_PART = 5 * GIBIBYTE;

describe('the size of parts', () => {
  test.each([
    ['up to 78 GiB', 78 * GIBIBYTE, 8],
    ['at the first byte that 10,000 of them would not hold', MOST_PARTS * PART_BYTES + 1, 9],
    ['at 1 TiB', 1024 * GIBIBYTE, 105],
    ['at 5 TiB, the most on S3', MOST_OBJECT_BYTES, 525],
  ])('is what the largest number of parts needs: %s', (_, size, mebibytes) => {
    expect(partBytesOf(size)).toBe(mebibytes * 1024 ** 2);
  });

  test.each([
    [1, 5],
    [48 * GIBIBYTE, 5],
    [78 * GIBIBYTE, 8],
    [MOST_OBJECT_BYTES, 525],
  ])('is as small as S3 and the number of parts allow, where that is asked for: of %i bytes', (size, mebibytes) => {
    expect(leastPartBytesOf(size)).toBe(mebibytes * 1024 ** 2);
  });

  test.each([1, PART_BYTES, PART_BYTES + 1, 78 * GIBIBYTE + 1, 1_234_567_890_123, MOST_OBJECT_BYTES])(
    'adds up to a file of %i bytes, within the limits of S3',
    (size) => {
      const partBytes = partBytesOf(size);
      const parts = Math.ceil(size / partBytes);
      expect(parts).toBeLessThanOrEqual(MOST_PARTS);
      expect(partBytes).toBeGreaterThanOrEqual(LEAST_PART);
      expect(partBytes).toBeLessThanOrEqual(LARGEST_PART);
      const last = partLength(parts, size, partBytes);
      expect(last).toBeGreaterThan(0);
      expect((parts - 1) * partBytes + last).toBe(size);
    },
  );
});
