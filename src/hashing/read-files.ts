import {askAnyThread} from './pool.js';
import type {FileRead, FileToRead} from './requests.js';

export interface FilesRead {
  /** One for each file, in order. */
  readonly files: readonly FileRead[];
  /** The contents, each as far from the one before as that one's `size` says. */
  readonly memory: SharedArrayBuffer;
}

/**
 * Reads and hashes many small files on another thread, by system calls that block it. Measured: each call that Node
 * hands to its own pool costs the main thread more than reading 4 KiB does, and a file takes six of them.
 */
export async function readFilesHashed(files: readonly FileToRead[]): Promise<FilesRead> {
  const memory = new SharedArrayBuffer(files.reduce((sum, {size}) => sum + size, 0));
  const named = files.map(({path, size}) => ({path, size}));
  const answer = await askAnyThread({operation: 'files', files: named, memory});
  if (answer.outcome !== 'files') throw new Error(`A hashing thread answered "${answer.outcome}" instead of files.`);
  return {files: answer.files, memory};
}
