import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {LocalInput} from '../../src/client/index.js';
import {sha256Of} from './corpus.js';

/** What `sha256sum` wrote, by name. */
export async function readSums(path: string): Promise<ReadonlyMap<string, string>> {
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}

/** Names whose bytes here are not those that the target saw there. */
export async function differing(
  files: readonly LocalInput[],
  seen: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const different: string[] = [];
  for (const {path, name} of files) {
    const digest = await sha256Of(path).catch(() => undefined);
    if (digest === undefined || seen.get(name) !== digest) different.push(name);
  }
  return different;
}

export function filesIn(directory: string, names: Iterable<string>): readonly LocalInput[] {
  return [...names].map((name) => ({path: join(directory, name), name}));
}
