import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {lstat, readlink} from 'node:fs/promises';
import {join, posix} from 'node:path';
import {pipeline} from 'node:stream/promises';
import type {Artifact} from '../contracts/artifacts.js';

/** Where one output goes on this machine. `name` is below the directory, and not the output's own where it is saved beside. */
export interface Placement {
  readonly place: 'new' | 'replace' | 'beside' | 'unchanged';
  readonly artifact: Artifact;
  readonly name: string;
}

export interface PlacementRules {
  /** Directory on this machine. */
  readonly into: string;
  readonly executionId: string;
  readonly overwrite: boolean;
  /** SHA-256 of what this run was given, by name: replacing that loses nothing, since the store has it. */
  readonly inputs: ReadonlyMap<string, string>;
  /** Names that go to outputs placed before: nothing lies under them yet. */
  readonly given: Set<string>;
}

/**
 * The rule for an output whose name is taken: the same content is left alone; what was an input of this run, unchanged
 * since, is replaced; anything else stays, and the output is saved beside it as `NAME.EXECUTION-ID`, or, where that is
 * taken by other content too, `NAME.EXECUTION-ID.2` and so on. Rejects where the directory cannot be looked into.
 */
export async function place(artifact: Artifact, rules: PlacementRules): Promise<Placement> {
  const placement = await choose(artifact, rules);
  rules.given.add(placement.name);
  return placement;
}

async function choose(artifact: Artifact, rules: PlacementRules): Promise<Placement> {
  const {name} = artifact;
  const found = await compare(artifact, rules, name);
  if (found === 'absent') return {place: 'new', artifact, name};
  if (found === 'same') return {place: 'unchanged', artifact, name};
  if (found === 'replaceable') return {place: 'replace', artifact, name};
  for (let number = 1; ; number += 1) {
    const beside = besideName(name, number === 1 ? rules.executionId : `${rules.executionId}.${number}`);
    const taken = await compare(artifact, {...rules, overwrite: false, inputs: new Map()}, beside);
    if (taken === 'absent') return {place: 'beside', artifact, name: beside};
    if (taken === 'same') return {place: 'unchanged', artifact, name: beside};
  }
}

type Comparison = 'absent' | 'same' | 'replaceable' | 'other';

async function compare(artifact: Artifact, rules: PlacementRules, name: string): Promise<Comparison> {
  if (rules.given.has(name)) return 'other';
  const path = join(rules.into, name);
  const found = await lstat(path).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (!found) return 'absent';
  if (artifact.type === 'directory') return found.isDirectory() ? 'same' : 'other';
  if (artifact.type === 'link') {
    return found.isSymbolicLink() && (await readlink(path)) === artifact.linkTarget ? 'same' : 'other';
  }
  if (!found.isFile()) return 'other';
  const digest = await sha256(path);
  if (digest === artifact.sha256) return 'same';
  return rules.overwrite || digest === rules.inputs.get(name) ? 'replaceable' : 'other';
}

/** Bytes that a name may have on every file system that matters. */
const MAX_NAME_BYTES = 255;

/** Shortens a name that would be too long with the suffix, at a character's border. */
function besideName(name: string, suffix: string): string {
  const base = Array.from(posix.basename(name));
  const fits = () => Buffer.byteLength(`${base.join('')}.${suffix}`) <= MAX_NAME_BYTES;
  while (base.length > 0 && !fits()) base.pop();
  return posix.join(posix.dirname(name), `${base.join('')}.${suffix}`);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, {highWaterMark: 1_048_576}), hash);
  return hash.digest('hex');
}
