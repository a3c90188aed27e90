import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {lstat} from 'node:fs/promises';
import {join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import type {Artifact} from '../contracts/artifacts.js';

/** Where one output goes on this machine. */
export type Placement =
  | {readonly place: 'new' | 'replace'; readonly artifact: Artifact; readonly name: string}
  | {readonly place: 'unchanged'; readonly artifact: Artifact; readonly name: string}
  /** The local file is somebody's work: the output is saved beside it. */
  | {readonly place: 'beside'; readonly artifact: Artifact; readonly name: string};

export interface PlacementRules {
  /** Directory on this machine. */
  readonly into: string;
  readonly executionId: string;
  readonly overwrite: boolean;
  /** SHA-256 of what this run was given, by name: replacing that loses nothing, since the store has it. */
  readonly inputs: ReadonlyMap<string, string>;
}

/**
 * The rule for an output whose name is taken: the same content is left alone; what was an input of this run, unchanged
 * since, is replaced; anything else stays, and the output is saved as `NAME.EXECUTION-ID` beside it.
 */
export async function place(artifact: Artifact, rules: PlacementRules): Promise<Placement> {
  const {name} = artifact;
  const found = await lstat(join(rules.into, name)).catch(() => undefined);
  if (found === undefined) return {place: 'new', artifact, name};
  if (artifact.type === 'directory' && found.isDirectory()) return {place: 'unchanged', artifact, name};
  if (artifact.type === 'file' && found.isFile()) {
    const digest = await sha256(join(rules.into, name));
    if (digest === artifact.sha256) return {place: 'unchanged', artifact, name};
    if (rules.overwrite || digest === rules.inputs.get(name)) return {place: 'replace', artifact, name};
  }
  return {place: 'beside', artifact, name: `${name}.${rules.executionId}`};
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, {highWaterMark: 1_048_576}), hash);
  return hash.digest('hex');
}
