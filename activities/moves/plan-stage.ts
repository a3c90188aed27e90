import {posix} from 'node:path';
import {inputManifestKey} from '../../src/artifacts/keys.js';
import {MAX_INPUT_MANIFEST_BYTES, parseInputManifest} from '../../src/artifacts/input-manifest.js';
import {inputTooLarge} from '../../src/artifacts/tickets/input-too-large.js';
import type {MoveRequest} from '../../src/contracts/activities.js';
import {WaybillError} from '../../src/contracts/errors.js';
import {planTree} from '../../src/transfer/plan-tree.js';
import {type PlannedFile, refusedBy, type RefusedEntry} from '../../src/transfer/planned-file.js';
import type {TargetRegistry} from '../../src/worker/targets.js';
import type {ActivityDeps} from '../deps.js';
import type {MovePlan, PlannedSegment} from './move-plan.js';
import {cutPlan} from './segment-limits.js';

type Locations = Pick<TargetRegistry, 'location'>;

/** Plans what is put into the workspace: what the caller has sent, and what the worker fetches from its locations. */
export async function planStage(
  deps: Pick<ActivityDeps, 'store' | 'tickets'> & {readonly targets: Locations},
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
  const takeAll = async (entries: AsyncIterable<PlannedFile | RefusedEntry>, from: string) => {
    const files: PlannedFile[] = [];
    for await (const entry of entries) {
      if ('refused' in entry) refused.push(entry);
      else files.push(take(entry, from));
    }
    return files;
  };
  if (request.uploads) {
    const files = await takeAll(uploaded(deps, request, signal), 'an input that was sent');
    segments.push(...(await cutPlan('inputs', files)));
  }
  for (const {name, from} of request.locations) {
    const files = await takeAll(located(deps.targets, from, name, signal), from);
    segments.push(...(await cutPlan({location: from}, files)));
  }
  return {segments, refused, missing: []};
}

/** The manifest is the caller's word: names are checked by its parser, sizes and digests by the move itself. */
async function* uploaded(
  {store, tickets}: Pick<ActivityDeps, 'store' | 'tickets'>,
  {executionId}: MoveRequest,
  signal: AbortSignal,
): AsyncGenerator<PlannedFile | RefusedEntry> {
  const key = inputManifestKey(executionId);
  const bytes = await store.getObject(key, MAX_INPUT_MANIFEST_BYTES, {signal});
  if (!bytes)
    throw new WaybillError('execution.inputs-missing', 'the inputs were announced and are not in the store', {
      path: key,
    });
  for (const input of parseInputManifest(bytes)) {
    if (input.kind === 'directory') yield {...input, size: 0};
    // Tickets have seen how little of a text was sent, and leave each input the room that one may take which does not shrink.
    else if (tickets !== undefined && input.size > tickets.maxFileBytes)
      yield refusedBy(input.name, inputTooLarge(input.name, tickets.maxFileBytes));
    else if (input.stored === undefined) yield {...input, kind: 'file'};
    else yield {...input, kind: 'file', source: input.stored.name};
  }
}

/** A file lies under its own name at its source; the files of a directory keep theirs below the name it is given. */
async function* located(
  targets: Locations,
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
