import {join} from 'node:path';
import {quote} from '../../src/ssh/quote.js';

/** Leaves a line in `starts` each time it is started, and its own word for its outputs in `record`; neither is moved. */
export interface Job {
  readonly command: readonly string[];
  readonly starts: string;
  readonly record: string;
}

export function makeJob(directory: string): Job {
  const starts = join(directory, 'starts');
  const record = join(directory, 'record');
  const script = [
    'set -e',
    `date >> ${quote(starts)}`,
    'find corpus -type f -exec sha256sum {} + > sums.txt',
    'find corpus -type f -exec cat {} + > all.bin',
    `sha256sum all.bin sums.txt > ${quote(record)}`,
    'echo "summed $(wc -l < sums.txt) files, made all.bin of $(wc -c < all.bin) bytes"',
  ].join('\n');
  return {command: ['sh', '-c', script], starts, record};
}
