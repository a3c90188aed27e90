import {mkdir, readdir, readFile, rename, rm, stat, writeFile} from 'node:fs/promises';
import {homedir} from 'node:os';
import {join} from 'node:path';
import type {LocalRecord} from './local-record-schema.js';

const RECORD_DAYS = 60;

export class LocalRecords {
  readonly #directory: string;

  constructor(environment: NodeJS.ProcessEnv) {
    const state = environment['XDG_STATE_HOME'];
    const base =
      state !== undefined && state.startsWith('/') ? state : join(environment['HOME'] ?? homedir(), '.local/state');
    this.#directory = join(base, 'waybill/cli');
  }

  async write(record: LocalRecord): Promise<void> {
    await mkdir(this.#directory, {recursive: true, mode: 0o700});
    const path = this.#path(record.id);
    await writeFile(`${path}.${process.pid}`, JSON.stringify(record), {mode: 0o600});
    await rename(`${path}.${process.pid}`, path);
    await this.#expire();
  }

  /** Undefined where the run was started elsewhere, or its record cannot be read. */
  async read(id: string): Promise<LocalRecord | undefined> {
    // Only where one is read: the schema's library takes longer to load than a record to write.
    const {localRecord} = await import('./local-record-schema.js');
    try {
      return localRecord.parse(JSON.parse(await readFile(this.#path(id), 'utf8')));
    } catch {
      return undefined;
    }
  }

  async remove(id: string): Promise<void> {
    await rm(this.#path(id), {force: true});
  }

  async #expire(): Promise<void> {
    const oldest = Date.now() - RECORD_DAYS * 86_400_000;
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && found.mtimeMs < oldest) await rm(path, {force: true});
    }
  }

  /** An id has no character that could leave the directory: the client has checked it before it gets here. */
  #path(id: string): string {
    return join(this.#directory, `${id.replaceAll(/[^a-z0-9-]/g, '_')}.json`);
  }
}
