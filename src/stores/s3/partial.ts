import type {CallOptions, PartialFile, PartialSpec} from '../store.js';
import {beginUpload} from './begin-upload.js';
import type {Bucket} from './bucket.js';
import {requireDirectoryOf, statDirectory} from './names.js';
import {isDirectory} from './placement.js';
import {PART_BYTES} from './part-size.js';
import {openPartialObject} from './partial-object.js';
import {PartialUpload} from './partial-upload.js';
import {partsIfThere} from './upload.js';
import {readRecord} from './uploads.js';

export async function openPartial(bucket: Bucket, spec: PartialSpec, options: CallOptions): Promise<PartialFile> {
  const {keys} = bucket;
  if (spec.path === '') throw isDirectory(spec.path);
  const recordKey = keys.key(spec.path);
  await requireDirectoryOf(bucket, spec.path, options);
  if ((await statDirectory(bucket, spec.path, options)) !== undefined) throw isDirectory(spec.path);
  if (spec.size <= (spec.partBytes ?? PART_BYTES)) return openPartialObject(bucket, spec, options);
  for (;;) {
    const found = await openRecorded(bucket, spec, recordKey, options);
    if (found !== undefined) return found;
  }
}

/** The upload of the record, or a new one; undefined where another attempt was faster to write the record. */
async function openRecorded(
  bucket: Bucket,
  spec: PartialSpec,
  recordKey: string,
  options: CallOptions,
): Promise<PartialFile | undefined> {
  const found = await readRecord(bucket.client, recordKey, options);
  if (found?.record.version === 1) {
    const parts = await partsIfThere(bucket.client, found.record, options);
    if (parts !== undefined) return new PartialUpload(bucket, spec, recordKey, found.record, parts);
  }
  // Without parts the upload was completed or aborted: whoever comes now begins a new one in its place.
  const record = await beginUpload(bucket, spec, {recordKey, found}, options);
  return record === undefined ? undefined : new PartialUpload(bucket, spec, recordKey, record, new Map());
}
