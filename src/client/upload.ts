import {checkInputNames, encodeInputManifest} from '../artifacts/input-manifest.js';
import {inputManifestKey, inputsRoot, partialsRoot} from '../artifacts/keys.js';
import {inputTooLarge} from '../artifacts/tickets/input-too-large.js';
import type {UploadedInput} from '../contracts/artifacts.js';
import type {MoveProgress} from '../contracts/checkpoint.js';
import {WaybillError} from '../contracts/errors.js';
import {openLocalStore} from '../stores/local/store.js';
import type {Store} from '../stores/store.js';
import {errorOf, type FileOutcome} from '../transfer/file-outcome.js';
import type {PlannedFile} from '../transfer/planned-file.js';
import type {LocalInput} from './api.js';
import {movePatiently} from './move-patiently.js';
import {sentBefore} from './sent-before.js';
import type {InputsPlace} from './ticket-store.js';

export interface UploadOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: MoveProgress) => void;
}

/**
 * Puts the inputs into the store, large texts compressed, and, when all are there, their manifest. May be called again, by
 * another process too: what has arrived is not sent again, and nothing is where the manifest names the same inputs. Rejects
 * with the first input that could not be sent, and with `ticket.refused` before anything is where one is too large.
 */
export async function upload(
  {store, compressFrom, maxFileBytes}: InputsPlace,
  executionId: string,
  inputs: readonly LocalInput[],
  options: UploadOptions = {},
): Promise<void> {
  const signal = options.signal ?? new AbortController().signal;
  const here = openLocalStore({name: 'this machine', root: '/'});
  try {
    const planned = await Promise.all(inputs.map((input) => plan(here, input, signal)));
    checkInputNames(planned);
    if (await sentBefore(store, {here, executionId, files: planned}, signal)) return;
    for (const {name, size} of planned) {
      if (maxFileBytes !== undefined && size > maxFileBytes) throw inputTooLarge(name, maxFileBytes);
    }
    const files = await withTextsMarked(planned, compressFrom);
    const partials = `${partialsRoot(executionId)}/upload`;
    await store.makeDirectory(partials, {mode: 0o700, signal});
    const {outcomes} = await movePatiently({
      from: here,
      fromRoot: '',
      to: store,
      toRoot: inputsRoot(executionId),
      partials,
      owner: `${executionId}/upload`,
      files,
      ifExists: 'keep',
      signal,
      onProgress: (progress) => options.onProgress?.({...progress, direction: 'stage'}),
    });
    const manifest = encodeInputManifest(files.map((file, index) => arrived(file, outcomes[index])));
    const key = inputManifestKey(executionId);
    if (await store.putObject(key, manifest, {ifAbsent: true, signal})) return;
    if (await sentBefore(store, {here, executionId, files: planned}, signal)) return;
    throw new WaybillError('store.io', 'The list of the inputs was removed while it was written.', {path: key});
  } finally {
    await here.close();
  }
}

/** What tells texts by their names is loaded where there is a large file alone. */
async function withTextsMarked(
  files: readonly PlannedFile[],
  compressFrom: number | undefined,
): Promise<readonly PlannedFile[]> {
  if (compressFrom === undefined || !files.some(({size}) => size >= compressFrom)) return files;
  const {compressTexts} = await import('../artifacts/compress-texts.js');
  return compressTexts(files, compressFrom);
}

async function plan(here: Store, {name, path, directory}: LocalInput, signal: AbortSignal): Promise<PlannedFile> {
  const source = path.replace(/^\/+/, '');
  const entry = await here.stat(source, {signal});
  if (!entry) throw new WaybillError('store.not-found', `${path} is not there any more`, {path});
  const {identity, mode, modifiedAt, size} = entry;
  if (directory === true) {
    if (entry.kind === 'directory') return {name, source, kind: 'directory', size: 0, mode: mode & 0o777, modifiedAt};
    throw new WaybillError('store.not-a-directory', `${path} is not a directory`, {path});
  }
  if (entry.kind !== 'file') throw new WaybillError('source.special-file', `${path} is not a regular file`, {path});
  return {name, source, kind: 'file', size, mode: mode & 0o777, modifiedAt, identity};
}

function arrived(file: PlannedFile, outcome: FileOutcome | undefined): UploadedInput {
  if (outcome === undefined) throw new WaybillError('store.io', `${file.name} has no outcome`, {path: file.name});
  if (outcome.outcome === 'failed') throw errorOf(outcome);
  const {mode, modifiedAt, name, size} = file;
  if (file.kind === 'directory') return {kind: 'directory', name, mode, modifiedAt};
  const {sha256, stored} = outcome;
  if (sha256 === undefined) throw new WaybillError('store.io', `${file.name} has no digest`, {path: file.name});
  return {name, size, sha256, mode, modifiedAt, ...(stored === undefined ? {} : {stored})};
}
