import {join} from 'node:path';
import {run} from './lab.js';
import type {BenchReport} from './report.js';
import {scaled} from './scale.js';
import {s3Turns} from './s3-turns.js';

const MEBIBYTES = scaled(1024);

/** One file of 1 GiB to MinIO and Versity Gateway and back. */
export async function s3OneGibibyte(runs: number): Promise<BenchReport> {
  const {rows, notes} = await s3Turns({
    ...{name: 's3-1gib', runs, what: 'file', files: 1, bytes: MEBIBYTES * 2 ** 20},
    peers: ['s5cmd', 'mc', 'rclone', 'aws'],
    targets: {put: 2, get: 1},
    makeCorpus: async (corpus) => {
      await run(['dd', 'if=/dev/urandom', `of=${join(corpus, 'file')}`, 'bs=1M', `count=${MEBIBYTES}`]);
    },
  });
  const note =
    's3-1gib: durable means a transfer that an orchestrator starts, to its result: every part and the whole file are hashed, and a file that is fetched is flushed to disk with its name. Size check is the engine alone, connecting included; the profile still holds the digest of each block. The other programs flush nothing.';
  return {rows, notes: [...notes, note]};
}
