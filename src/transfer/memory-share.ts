/**
 * For what all large files under way in this process have read and not sent, in bytes: half of it is on the line, which
 * fills one of 50 ms with 500 MB/s. Measured with a hundred files: 160 MiB took 100 MiB more and were no faster.
 */
export const SHARED_BYTES = 48 * 1024 * 1024;

let filesUnderWay = 0;

/** Counts a large file among those that share memory, for as long as `work` lasts. */
export async function sharingMemory<T>(work: () => Promise<T>): Promise<T> {
  filesUnderWay += 1;
  try {
    return await work();
  } finally {
    filesUnderWay -= 1;
  }
}

/** Bytes that each large file may hold now. More files that begin make it smaller for all of them. */
export function memoryShare(): number {
  return SHARED_BYTES / Math.max(1, filesUnderWay);
}
