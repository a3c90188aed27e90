import {mkdir, open, readFile} from 'node:fs/promises';
import {dirname} from 'node:path';
import {WaybillError} from '../contracts/errors.js';
import {type KnownHostLine, parseKnownHosts} from './known-hosts.js';

/** Reads every file that exists. A file that is there and cannot be read is an error: its `@revoked` lines count. */
export async function readKnownHosts(files: readonly string[]): Promise<KnownHostLine[]> {
  const parsed = await Promise.all(
    files.map(async (file) => {
      try {
        return parseKnownHosts(await readFile(file, 'utf8'), file);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
        throw new WaybillError('ssh.configuration', `Cannot read the known hosts in ${file}`, {
          path: file,
          cause: error,
        });
      }
    }),
  );
  return parsed.flat();
}

/** Appends a line and returns once it is on the medium. Creates the file (0600) and its directory (0700). */
export async function appendKnownHost(file: string, line: string): Promise<void> {
  await mkdir(dirname(file), {recursive: true, mode: 0o700});
  const handle = await open(file, 'a+', 0o600);
  try {
    const {size} = await handle.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    const separator = size > 0 && last[0] !== 0x0a ? '\n' : '';
    await handle.appendFile(`${separator}${line}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
