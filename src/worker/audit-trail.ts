import {closeSync, fsync, fsyncSync, openSync, writeSync} from 'node:fs';
import type {Logger} from 'pino';
import {WaybillError} from '../contracts/errors.js';
import type {FileOutcome} from '../transfer/file-outcome.js';
import {GatheredLines} from './gathered-lines.js';

/** Who moved what, from where to where, when, and what was proved of it. */
export interface AuditRecord {
  readonly correlationId: string;
  /** The id of the execution or transfer. */
  readonly run: string;
  /** As the caller states it; absent where it does not. */
  readonly requestedBy?: string | undefined;
  readonly operation: string;
  /** `NAME:path` each. */
  readonly source: string;
  readonly destination: string;
  readonly outcome: FileOutcome['outcome'];
  readonly kind: FileOutcome['kind'];
  /** Bytes, as those below. */
  readonly size: number;
  readonly sentBytes: number;
  readonly resumedBytes?: number;
  readonly resentBytes?: number;
  readonly sha256?: string | undefined;
  readonly verified?: string;
  readonly code?: string;
  readonly message?: string;
  readonly durationMs: number;
  /** Of the activity: a later one may settle a file again where a crash lost its journal. */
  readonly attempt: number;
}

/** Milliseconds of records that a power failure may take from the file. */
const SYNC_MS = 1_000;

/** Writes one record for each file into the worker's log, and where a path is given into a file of its own as well. */
export class AuditTrail {
  readonly #log: Logger;
  readonly #file: number | undefined;
  readonly #lines = new GatheredLines((lines) => this.#append(lines));
  #sync: NodeJS.Timeout | undefined;

  /** Throws `config.invalid` where the file cannot be opened. */
  constructor(log: Logger, path: string | undefined) {
    this.#log = log;
    if (path === undefined) return;
    try {
      this.#file = openSync(path, 'a', 0o600);
    } catch (cause) {
      throw new WaybillError('config.invalid', `worker.auditLog: ${path} cannot be opened for writing`, {path, cause});
    }
  }

  write(record: AuditRecord): void {
    this.#log.info(record, 'audit: file');
    if (this.#file === undefined) return;
    this.#lines.write(`${JSON.stringify({time: new Date().toISOString(), ...record})}\n`);
  }

  close(): void {
    this.#lines.close();
    clearTimeout(this.#sync);
    if (this.#file === undefined) return;
    fsyncSync(this.#file);
    closeSync(this.#file);
  }

  #append(lines: string): void {
    if (this.#file === undefined) return;
    try {
      const bytes = Buffer.from(lines);
      // Whole lines in one write: those of two workers with the same file do not mix. A disk that fills takes a part.
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
      this.#sync ??= setTimeout(() => this.#flush(), SYNC_MS).unref();
    } catch (error) {
      const records = lines.split('\n').length - 1;
      this.#log.error({err: error, records}, 'the audit log cannot be written');
    }
  }

  #flush(): void {
    this.#sync = undefined;
    if (this.#file === undefined) return;
    fsync(this.#file, (error) => {
      if (error) this.#log.error({err: error}, 'the audit log cannot be synced');
    });
  }
}
