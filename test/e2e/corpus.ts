import {createHash, randomBytes} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {mkdir, open, readdir, stat, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import type {LocalInput} from '../../src/client/api.js';

/** Files of random bytes, below `directory`, as inputs. */
export async function makeInputs(
  directory: string,
  sizes: Readonly<Record<string, number>>,
): Promise<readonly LocalInput[]> {
  const inputs: LocalInput[] = [];
  for (const [name, size] of Object.entries(sizes)) {
    const path = join(directory, name);
    await mkdir(dirname(path), {recursive: true});
    await writeRandom(path, size);
    inputs.push({name, path});
  }
  return inputs;
}

async function writeRandom(path: string, size: number): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let left = size; left > 0; left -= 4_194_304) await file.write(randomBytes(Math.min(left, 4_194_304)));
  } finally {
    await file.close();
  }
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Name and SHA-256 of every file below a directory. */
export async function digests(directory: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const name of (await readdir(directory, {recursive: true})).sort()) {
    const path = join(directory, name);
    if ((await stat(path)).isFile()) found[name] = await sha256(path);
  }
  return found;
}

export async function writeText(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), {recursive: true});
  await writeFile(path, content);
}
