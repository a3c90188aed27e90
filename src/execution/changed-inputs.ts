import {WaybillError} from '../contracts/errors.js';
import type {Store} from '../stores/store.js';
import type {PlannedFile} from '../transfer/planned-file.js';
import {newToken} from './launch.js';
import {changedSinceStartScript, hashScript} from './scripts/changed.js';
import type {ShellResult, TargetShell} from './shell.js';
import type {Workspace} from './workspace.js';

/** What staging put into the workspace under one name. */
export interface StagedInput {
  readonly kind: 'file' | 'link' | 'directory';
  readonly size: number;
  /** Milliseconds since 1970, as it was set. */
  readonly modifiedAt: number;
  /** Without it a file that was touched counts as changed. */
  readonly sha256?: string;
  readonly linkTarget?: string;
}

/** Names that one script is given: its text stays below a megabyte with the longest names. */
const NAMES_AT_ONCE = 200;
const MAX_NAMES_BYTES = 64 * 1024 * 1024;

/**
 * The names of `files` whose content is no longer what was staged. Another size is a change; another time, or a status
 * that changed after the start, lets the hash decide, computed where the file lies.
 */
export async function changedInputs(
  shell: TargetShell,
  store: Store,
  workspace: Workspace,
  files: readonly PlannedFile[],
  staged: ReadonlyMap<string, StagedInput>,
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const changed = new Set<string>();
  if (files.length === 0) return changed;
  const touched = await touchedSinceStart(shell, workspace, signal);
  const doubtful: PlannedFile[] = [];
  for (const file of files) {
    const input = staged.get(file.name);
    if (input === undefined || input.kind !== 'file' || input.size !== file.size) changed.add(file.name);
    else if (touched?.has(file.name) !== false || otherTime(store, input, file)) {
      if (input.sha256 === undefined) changed.add(file.name);
      else doubtful.push(file);
    }
  }
  for (let first = 0; first < doubtful.length; first += NAMES_AT_ONCE) {
    const group = doubtful.slice(first, first + NAMES_AT_ONCE).map((file) => file.name);
    const digests = await hashes(shell, workspace, group, signal);
    group.forEach((name, index) => {
      if (digests[index] !== staged.get(name)?.sha256) changed.add(name);
    });
  }
  return changed;
}

function otherTime(store: Store, input: StagedInput, file: PlannedFile): boolean {
  return Math.abs(input.modifiedAt - file.modifiedAt) >= Math.max(store.properties.timeResolutionMs, 1);
}

/** Names of files whose status changed after the start, or undefined where the target cannot tell. */
async function touchedSinceStart(
  shell: TargetShell,
  workspace: Workspace,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string> | undefined> {
  const script = changedSinceStartScript(workspace, newToken());
  const result = await run(shell, script, MAX_NAMES_BYTES, signal);
  if (result.status !== 0 || result.stdout.length >= MAX_NAMES_BYTES) return undefined;
  const names = Buffer.from(result.stdout).toString().split('\0');
  return new Set(names.map((name) => name.replace(/^\.\//, '')));
}

async function hashes(
  shell: TargetShell,
  workspace: Workspace,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const result = await run(shell, hashScript(workspace, newToken(), names), 128 * names.length, signal);
  const lines = Buffer.from(result.stdout).toString().trimEnd().split('\n');
  if (result.status === 0 && lines.length === names.length) return lines;
  const said = Buffer.from(result.stderr).toString().trim().slice(0, 2000);
  throw new WaybillError('shell.failed', `hashing the inputs ended with status ${result.status}: ${said}`);
}

function run(shell: TargetShell, script: string, maxOutputBytes: number, signal?: AbortSignal): Promise<ShellResult> {
  return shell.run(script, signal ? {maxOutputBytes, signal} : {maxOutputBytes});
}
