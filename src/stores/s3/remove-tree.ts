import type {CallOptions, StorePath} from '../store.js';
import type {Bucket} from './bucket.js';
import {deleteObject, deleteObjects} from './delete.js';
import {headOf, pages} from './look.js';
import {refuseRoot} from './names.js';
import {isRecord, RECORD_BYTES} from './upload-record.js';
import {abortUploadAt} from './uploads.js';

/** Every object below a directory, its marker last, and with the record of an upload the upload itself. */
export async function removeTree({client, keys}: Bucket, path: StorePath, options: CallOptions): Promise<void> {
  refuseRoot(path);
  const key = keys.key(path);
  const headers = await headOf(client, key, options);
  if (headers !== undefined) {
    if (isRecord(headers)) await abortUploadAt(client, key, options);
    await deleteObject(client, key, options);
  }
  const prefix = keys.directoryKey(path);
  const markers: string[] = [];
  for await (const {objects} of pages(client, {...options, prefix})) {
    for (const object of objects) {
      if (object.size === RECORD_BYTES) await abortUploadAt(client, object.key, options);
    }
    const found = objects.map((object) => object.key);
    markers.push(...found.filter((each) => each.endsWith('/')));
    await deleteObjects(
      client,
      found.filter((each) => !each.endsWith('/')),
      options,
    );
  }
  // Listed before what is in them, and some servers refuse to delete a directory that is not empty.
  await deleteObjects(client, markers.sort().reverse(), options);
}
