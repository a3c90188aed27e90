import {readFile, rename, writeFile} from 'node:fs/promises';

/**
 * A process that reads meanwhile finds the old file or the new one. Answers false where the file held just that: its
 * time then stays, by which others know that nothing changed.
 */
export async function writeWhole(path: string, content: string): Promise<boolean> {
  const old = await readFile(path, 'utf8').catch(() => undefined);
  if (old === content) return false;
  const beside = `${path}.${process.pid}`;
  await writeFile(beside, content);
  await rename(beside, path);
  return true;
}
