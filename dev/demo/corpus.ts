import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {copyFile, mkdir} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import fastGlob from 'fast-glob';
import {cachedToolPath} from '../../src/embedded/go-tools.js';
import type {LocalInput} from '../../src/client/index.js';

/** A few large files and many small ones: each kind goes its own way through the engine. */
const LARGE_BYTES = 330e6;
const SMALL_BYTES = 16e6;
const SMALL_FILES = 1_500;

export interface Corpus {
  readonly inputs: readonly LocalInput[];
  readonly bytes: number;
}

/** Copies real files of this machine, programs and sources, to where nobody changes them meanwhile. */
export async function assembleCorpus(directory: string): Promise<Corpus> {
  const programs = [
    ...(await find([cachedToolPath('temporal', process.env), process.execPath])),
    ...(await find(['node_modules/@temporalio/core-bridge/releases/**/*.node'])),
  ];
  const sources = await find(['node_modules/**/*.{js,ts,json,md}']);
  const chosen = [
    ...upTo(programs, LARGE_BYTES, 20),
    ...upTo(
      sources.filter(({size}) => size > 0 && size < 64_000),
      SMALL_BYTES,
      SMALL_FILES,
    ),
  ];
  for (const {path, name} of chosen) {
    await mkdir(dirname(join(directory, name)), {recursive: true});
    await copyFile(path, join(directory, name));
  }
  return {
    inputs: chosen.map(({name}) => ({path: join(directory, name), name: `corpus/${name}`})),
    bytes: chosen.reduce((sum, {size}) => sum + size, 0),
  };
}

interface Found {
  readonly path: string;
  readonly name: string;
  readonly size: number;
}

async function find(patterns: string[]): Promise<readonly Found[]> {
  const entries = await fastGlob(patterns, {stats: true, onlyFiles: true, unique: true});
  return entries
    .map(({path, stats}) => ({path, name: path.replace(/^\/+/, ''), size: stats?.size ?? 0}))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function upTo(files: readonly Found[], bytes: number, count: number): readonly Found[] {
  let left = bytes;
  return files
    .filter(({size}) => {
      if (size > left) return false;
      left -= size;
      return true;
    })
    .slice(0, count);
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
