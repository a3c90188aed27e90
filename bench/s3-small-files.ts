import {randomBytes} from 'node:crypto';
import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {BenchReport} from './report.js';
import {scaled} from './scale.js';
import {s3Turns} from './s3-turns.js';

const FILES = scaled(5_000);
const FILE_BYTES = 4096;
const FILES_IN_A_DIRECTORY = 100;

/** Many small files to MinIO and Versity Gateway and back. */
export async function s3SmallFiles(runs: number): Promise<BenchReport> {
  return await s3Turns({
    ...{name: 's3-small-files', runs, what: 'tree', files: FILES, bytes: FILES * FILE_BYTES},
    peers: ['s5cmd', 'mc', 'rclone'],
    targets: {put: 1, get: 1},
    makeCorpus: async (corpus) => {
      for (let index = 0; index < FILES; index++) {
        const directory = join(corpus, `d${Math.floor(index / FILES_IN_A_DIRECTORY)}`);
        if (index % FILES_IN_A_DIRECTORY === 0) await mkdir(directory);
        await writeFile(join(directory, `f${index}`), randomBytes(FILE_BYTES));
      }
    },
  });
}
