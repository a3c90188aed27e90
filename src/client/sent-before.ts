import {MAX_INPUT_MANIFEST_BYTES, parseInputManifest} from '../artifacts/input-manifest.js';
import {inputManifestKey} from '../artifacts/keys.js';
import type {UploadedInput} from '../contracts/artifacts.js';
import {WaybillError} from '../contracts/errors.js';
import type {Store} from '../stores/store.js';
import {digestOf} from '../transfer/file-digest.js';
import type {PlannedFile} from '../transfer/planned-file.js';

export interface Inputs {
  readonly here: Store;
  readonly executionId: string;
  readonly files: readonly PlannedFile[];
}

/**
 * Whether another process has sent these very inputs, all of them: in which form doesn't matter, as it may have compressed
 * what this one would not. Rejects with `store.already-exists` where it has sent others.
 */
export async function sentBefore(store: Store, inputs: Inputs, signal: AbortSignal): Promise<boolean> {
  const path = inputManifestKey(inputs.executionId);
  const manifest = await store.getObject(path, MAX_INPUT_MANIFEST_BYTES, {signal});
  if (manifest === undefined) return false;
  if (await areSame(parseInputManifest(manifest), inputs, signal)) return true;
  throw new WaybillError('store.already-exists', 'Other inputs than these were sent for this run before.', {
    path,
    remedy: 'Start another run for them.',
  });
}

async function areSame(sent: readonly UploadedInput[], {here, files}: Inputs, signal: AbortSignal): Promise<boolean> {
  if (sent.length !== files.length) return false;
  const wanted = new Map(files.map((file) => [file.name, file]));
  const pairs = sent.map((input) => ({input, file: wanted.get(input.name)}));
  if (!pairs.every(({input, file}) => file !== undefined && hasAttributesOf(file, input))) return false;
  // Only now, since it takes a look at all of their bytes.
  for (const {input, file} of pairs) {
    if (file === undefined || input.kind === 'directory') continue;
    if ((await digestOf(here, file.source ?? file.name, file.size, signal)) !== input.sha256) return false;
  }
  return true;
}

function hasAttributesOf({kind, size, mode, modifiedAt}: PlannedFile, input: UploadedInput): boolean {
  if (mode !== input.mode || modifiedAt !== input.modifiedAt) return false;
  return input.kind === 'directory' ? kind === 'directory' : kind === 'file' && size === input.size;
}
