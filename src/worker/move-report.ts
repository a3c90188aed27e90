import {posix} from 'node:path';
import type {FileOutcome} from '../transfer/file-outcome.js';
import type {PlannedFile, RefusedEntry} from '../transfer/planned-file.js';
import type {AuditRecord, AuditTrail} from './audit-trail.js';
import type {Metrics} from './metrics.js';

/** A directory as people know it: the store's name in the configuration, and a path there. */
export interface Place {
  readonly name: string;
  readonly directory: string;
}

/** What is moved for whom. */
export interface ReportedMove extends Pick<AuditRecord, 'correlationId' | 'run' | 'requestedBy' | 'attempt'> {
  readonly operation: 'stage' | 'collect' | 'copy';
  readonly source: Place;
  readonly destination: Place;
  readonly files: readonly PlannedFile[];
}

/** Turns what one attempt tells of its files into metrics and audit records. */
export class MoveReport {
  readonly #places: {readonly operation: string; readonly source: string; readonly destination: string};
  /** Only of files that have another name at their source. */
  readonly #sources = new Map<string, string>();
  /** Bytes at the source of files that lie compressed there. */
  readonly #compressed = new Map<string, number>();
  #sentBytes = 0;

  constructor(
    private readonly move: ReportedMove,
    private readonly metrics: Metrics,
    private readonly audit: AuditTrail,
  ) {
    const {operation, source, destination, files} = move;
    this.#places = {operation, source: source.name, destination: destination.name};
    for (const {name, source: other, stored} of files) {
      if (other !== undefined) this.#sources.set(name, other);
      if (stored !== undefined) this.#compressed.set(name, stored.size);
    }
  }

  /** Told about ten times a second; `sentBytes` is what this attempt has sent so far. */
  progress({sentBytes}: {readonly sentBytes: number}): void {
    if (sentBytes > this.#sentBytes)
      this.metrics.add('waybill_sent_bytes_total', sentBytes - this.#sentBytes, this.#places);
    this.#sentBytes = Math.max(this.#sentBytes, sentBytes);
  }

  /** Audits what was settled, before the journal has it: a crash between the two repeats a record and loses none. */
  settled(outcome: FileOutcome): void {
    if (outcome.kind === 'directory') return;
    const {correlationId, run, requestedBy, operation, source, destination, attempt} = this.move;
    const {name, kind, size, sentBytes, durationMs} = outcome;
    this.audit.write({
      ...{correlationId, run, requestedBy, operation},
      outcome: outcome.outcome,
      source: locationOf(source, this.#sources.get(name) ?? name),
      destination: locationOf(destination, name),
      ...{kind, size, sentBytes},
      ...(outcome.outcome === 'failed' ? failureIn(outcome) : proofIn(outcome)),
      ...{durationMs, attempt},
    });
  }

  /** Counts outcomes that no later attempt settles again. */
  kept(outcomes: readonly FileOutcome[]): void {
    for (const outcome of outcomes) if (outcome.kind !== 'directory') this.#count(outcome);
  }

  /** Names that cannot be carried: files that fail before anything is moved. */
  refused(entries: readonly RefusedEntry[]): void {
    for (const {name, refused} of entries) {
      const failed: FileOutcome = {
        ...{outcome: 'failed', name, kind: 'file', size: 0, retryable: false, sentBytes: 0, durationMs: 0},
        ...refused,
      };
      this.settled(failed);
      this.#count(failed);
    }
  }

  #count(outcome: FileOutcome): void {
    const places = this.#places;
    this.metrics.add('waybill_files_total', 1, {...places, outcome: outcome.outcome});
    if (outcome.outcome === 'failed') {
      const {code} = outcome;
      this.metrics.add('waybill_file_failures_total', 1, {...places, category: code.split('.')[0] ?? code, code});
      if (code === 'transfer.checksum-mismatch')
        this.metrics.add('waybill_file_verifications_total', 1, {...places, result: 'mismatch'});
      return;
    }
    if (outcome.outcome === 'skipped' || outcome.kind !== 'file') return;
    this.metrics.add('waybill_file_verifications_total', 1, {...places, result: outcome.verified});
    this.metrics.record('waybill_file_size_bytes', outcome.size, places);
    this.metrics.record('waybill_file_duration_seconds', outcome.durationMs / 1000, places);
    const storedBytes = outcome.stored?.size ?? this.#compressed.get(outcome.name);
    if (storedBytes !== undefined) {
      this.metrics.add('waybill_compressed_original_bytes_total', outcome.size, places);
      this.metrics.add('waybill_compressed_stored_bytes_total', storedBytes, places);
    }
    if (outcome.resumedBytes > 0) this.metrics.add('waybill_resumed_bytes_total', outcome.resumedBytes, places);
    if (outcome.resentBytes > 0) this.metrics.add('waybill_resent_bytes_total', outcome.resentBytes, places);
  }
}

function locationOf({name, directory}: Place, path: string): string {
  return `${name}:${posix.join(directory, path)}`;
}

function failureIn({code, message}: Extract<FileOutcome, {outcome: 'failed'}>) {
  return {code, message};
}

function proofIn({sha256, verified, resumedBytes, resentBytes}: Exclude<FileOutcome, {outcome: 'failed'}>) {
  return {...(sha256 === undefined ? {} : {sha256}), verified, resumedBytes, resentBytes};
}
