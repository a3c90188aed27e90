import {posix} from 'node:path';
import {inputManifestKey} from '../../src/artifacts/keys.js';
import {MAX_INPUT_MANIFEST_BYTES, parseInputManifest} from '../../src/artifacts/input-manifest.js';
import type {MoveRequest} from '../../src/contracts/activities.js';
import {WaybillError} from '../../src/contracts/errors.js';
import type {Store} from '../../src/stores/store.js';
import {planTree} from '../../src/transfer/plan-tree.js';
import type {PlannedFile, RefusedEntry} from '../../src/transfer/planned-file.js';
import type {TargetRegistry} from '../../src/worker/targets.js';
import type {MovePlan, PlannedSegment} from './move-plan.js';
import {cutPlan} from './segment-limits.js';

/** Plans what is put into the workspace: what the caller has sent, and what the worker fetches from its locations. */
export async function planStage(
  store: Store,
  targets: TargetRegistry,
  request: MoveRequest,
  signal: AbortSignal,
): Promise<MovePlan> {
  const segments: PlannedSegment[] = [];
  const refused: RefusedEntry[] = [];
  const names = new Map<string, string>();
  const take = (file: PlannedFile, from: string) => {
    const other = names.get(file.name);
    if (other !== undefined && file.kind !== 'directory') {
      const both = `${other} and ${from}`;
      throw new WaybillError('name.collision', `${both} would both be ${file.name}`, {path: file.name});
    }
    names.set(file.name, from);
    return file;
  };
  if (request.uploads) {
    const files = (await uploaded(store, request, signal)).map((file) => take(file, 'an input that was sent'));
    segments.push(...(await cutPlan('inputs', files)));
  }
  for (const {name, from} of request.locations) {
    const files: PlannedFile[] = [];
    for await (const entry of located(targets, from, name, signal)) {
      if ('refused' in entry) refused.push(entry);
      else files.push(take(entry, from));
    }
    segments.push(...(await cutPlan({location: from}, files)));
  }
  return {segments, refused, missing: []};
}

/** The manifest is the caller's word: names are checked by its parser, sizes and digests by the move itself. */
async function uploaded(
  store: Store,
  {executionId}: MoveRequest,
  signal: AbortSignal,
): Promise<readonly PlannedFile[]> {
  const key = inputManifestKey(executionId);
  const bytes = await store.getObject(key, MAX_INPUT_MANIFEST_BYTES, {signal});
  if (!bytes)
    throw new WaybillError('execution.inputs-missing', 'the inputs were announced and are not in the store', {
      path: key,
    });
  return parseInputManifest(bytes).map((input) =>
    input.kind === 'directory' ? {...input, size: 0} : {...input, kind: 'file' as const},
  );
}

/** A file lies under its own name at its source; the files of a directory keep theirs below the name it is given. */
async function* located(
  targets: TargetRegistry,
  from: string,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<PlannedFile | RefusedEntry> {
  const {store, path} = await targets.location(from, signal);
  const entry = await store.stat(path, {signal});
  if (!entry) throw new WaybillError('store.not-found', `there is nothing at ${from}`, {path: from});
  const {size, mode, modifiedAt, identity} = entry;
  if (entry.kind === 'file') {
    yield {name, source: path, kind: 'file', size, mode: mode & 0o777, modifiedAt, identity};
    return;
  }
  if (entry.kind !== 'directory')
    throw new WaybillError('source.special-file', `${from} is neither a file nor a directory`, {path: from});
  yield {name, kind: 'directory', size: 0, mode: mode & 0o777, modifiedAt};
  for await (const found of planTree({store, root: path, links: 'keep', attributes: false, signal})) {
    if ('refused' in found) yield {...found, name: posix.join(name, found.name)};
    else yield {...found, name: posix.join(name, found.name), source: posix.join(path, found.name)};
  }
}
