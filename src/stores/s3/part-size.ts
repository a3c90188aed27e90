const MEBIBYTE = 1024 * 1024;

/** S3's limits: parts of an upload, bytes of a part and of an object. */
export const MOST_PARTS = 10_000;
export const MOST_OBJECT_BYTES = 5 * 1024 ** 4;

/** Of each part but the last. */
const LEAST_PART_BYTES = 5 * MEBIBYTE;

/** Parts of usual files, and the largest file that is no upload at all. */
export const PART_BYTES = 8 * MEBIBYTE;

/**
 * Bytes of each part but the last. Decided by the size alone: every attempt cuts the file at the same places, so that
 * a part that is sent twice is the same bytes. 8 MiB up to 78 GiB, 525 MiB for 5 TiB.
 */
export function partBytesOf(size: number): number {
  return Math.max(PART_BYTES, neededBytes(size));
}

/** The same, as small as S3 takes them: 5 MiB up to 48 GiB. */
export function leastPartBytesOf(size: number): number {
  return Math.max(LEAST_PART_BYTES, neededBytes(size));
}

function neededBytes(size: number): number {
  return Math.ceil(size / MOST_PARTS / MEBIBYTE) * MEBIBYTE;
}

export function partLength(number: number, size: number, partBytes: number): number {
  return Math.min(partBytes, size - (number - 1) * partBytes);
}
