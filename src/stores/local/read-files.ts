import {WaybillError} from '../../contracts/errors.js';
import {readFilesHashed} from '../../hashing/read-files.js';
import type {FileRead} from '../../hashing/requests.js';
import type {CallOptions, WholeFile, WholeFileRequest} from '../store.js';
import {entryOfKind} from './entry.js';
import {fromSystem, fromThread} from './errors.js';
import {notRegular} from './open-file.js';
import type {LocalRoot} from './root.js';

type Located =
  | {readonly request: WholeFileRequest; readonly absolute: string}
  | {readonly request: WholeFileRequest; readonly error: Error};

/** Reads small files whole and hashes them, all in one request to another thread. */
export async function readFiles(
  root: LocalRoot,
  requests: readonly WholeFileRequest[],
  options: CallOptions = {},
): Promise<readonly WholeFile[]> {
  options.signal?.throwIfAborted();
  const located = await Promise.all(requests.map((request) => locate(root, request)));
  const there = located.flatMap((each) =>
    'absolute' in each ? [{path: each.absolute, size: each.request.size, request: each.request}] : [],
  );
  const {files, memory} = await readFilesHashed(there);
  options.signal?.throwIfAborted();
  const read = new Map<WholeFileRequest, WholeFile>();
  let at = 0;
  for (const [index, {request}] of there.entries()) {
    const file = files[index];
    if (file !== undefined) read.set(request, wholeFile(request, file, Buffer.from(memory, at, request.size)));
    at += request.size;
  }
  return located.map((each) => {
    if ('error' in each) return {outcome: 'failed', error: each.error};
    return read.get(each.request) ?? {outcome: 'failed', error: unanswered(each.request.path)};
  });
}

async function locate(root: LocalRoot, request: WholeFileRequest): Promise<Located> {
  try {
    return {request, absolute: await root.locate(request.path)};
  } catch (error) {
    return {request, error: fromSystem(error, request.path)};
  }
}

function wholeFile({path}: WholeFileRequest, file: FileRead, memory: Buffer): WholeFile {
  switch (file.outcome) {
    case 'special':
      return {outcome: 'failed', error: notRegular(path)};
    case 'failed':
      return {outcome: 'failed', error: fromThread(file, path)};
    case 'read': {
      const {stats, bytes, sha256, changed} = file;
      const content = memory.subarray(0, bytes);
      return {outcome: 'read', entry: entryOfKind('file', stats), content, sha256, changed};
    }
  }
}

function unanswered(path: string): WaybillError {
  return new WaybillError('store.io', 'The thread that reads gave no answer for this file.', {path});
}
