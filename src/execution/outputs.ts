import type {Store} from '../stores/store.js';
import type {PlannedFile, RefusedEntry} from '../transfer/planned-file.js';
import {changedInputs, type StagedInput} from './changed-inputs.js';
import {missingPatterns, outputFilter} from './output-patterns.js';
import {walkWork} from './output-walk.js';
import type {TargetShell} from './shell.js';
import {type Workspace, workspacePaths} from './workspace.js';

export interface OutputsRequest {
  /** What was staged, by name: with the sizes, times and digests that were verified then. Empty: everything is new. */
  readonly staged: ReadonlyMap<string, StagedInput>;
  /** Patterns of the outputs to keep. Empty: all. */
  readonly outputs: readonly string[];
  /** Patterns that must each match an output; what they match is kept as well. */
  readonly required: readonly string[];
  readonly signal?: AbortSignal;
}

export interface Outputs {
  /** Files, links and empty directories, sorted by name; names are below the working directory. */
  readonly entries: readonly PlannedFile[];
  /** What was found among the outputs and cannot be carried, and why. */
  readonly refused: readonly RefusedEntry[];
  /** The patterns of `required` that no output matches. */
  readonly missing: readonly string[];
}

/**
 * Decides what the command has left: every file that is new or whose content changed since it was started, hidden ones
 * too, links that stay inside, and new empty directories. Rejects with what store and shell reject with.
 */
export async function decideOutputs(
  shell: TargetShell,
  store: Store,
  workspace: Workspace,
  request: OutputsRequest,
): Promise<Outputs> {
  const {staged, signal} = request;
  const tree = await walkWork(store, workspacePaths(workspace).work, signal);
  const inputs = tree.files.filter((file) => staged.has(file.name));
  const changed = await changedInputs(shell, store, workspace, inputs, staged, signal);
  const keep = outputFilter(request.outputs, request.required);
  const directories = stagedDirectories(staged);
  const entries = [
    ...tree.files.filter((file) => !staged.has(file.name) || changed.has(file.name)),
    ...tree.links.filter((link) => staged.get(link.name)?.linkTarget !== link.linkTarget),
    ...tree.emptyDirectories.filter((directory) => !directories.has(directory.name)),
  ].filter((entry) => keep(entry.name));
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    entries,
    refused: tree.refused.filter((entry) => keep(entry.name)),
    missing: missingPatterns(
      request.required,
      entries.map((entry) => entry.name),
    ),
  };
}

/** Every directory that staging made: an input that the command removed must not leave its directory as an output. */
function stagedDirectories(staged: ReadonlyMap<string, StagedInput>): Set<string> {
  const directories = new Set<string>();
  for (const [name, input] of staged) {
    const parts = name.split('/');
    const depth = input.kind === 'directory' ? parts.length : parts.length - 1;
    for (let length = 1; length <= depth; length++) directories.add(parts.slice(0, length).join('/'));
  }
  return directories;
}
