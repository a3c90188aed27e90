import {askAnyThread} from './pool.js';
import type {FileToRename, FileToWrite, FileWritten} from './requests.js';

/**
 * Writes many small files on another thread, by system calls that block it, and proves what they then hold; one answer
 * for each, in order. `contents` belong to `files`. With `sync` each is put on the medium by itself.
 */
export async function writeFilesProved(
  files: readonly FileToWrite[],
  contents: readonly Uint8Array[],
  {sync}: {readonly sync: boolean},
): Promise<readonly FileWritten[]> {
  const memory = new SharedArrayBuffer(contents.reduce((sum, {length}) => sum + length, 0));
  const bytes = new Uint8Array(memory);
  let at = 0;
  for (const content of contents) {
    bytes.set(content, at);
    at += content.length;
  }
  const answer = await askAnyThread({operation: 'write', files, memory, sync});
  if (answer.outcome !== 'written') throw new Error(`A hashing thread answered "${answer.outcome}" instead of files.`);
  return answer.files;
}

/** Gives written files their names. False, and nothing done, for each that has to be looked at more closely. */
export async function renameFiles(files: readonly FileToRename[]): Promise<readonly boolean[]> {
  const answer = await askAnyThread({operation: 'rename', files});
  if (answer.outcome !== 'renamed') throw new Error(`A hashing thread answered "${answer.outcome}" instead of names.`);
  return answer.files;
}
