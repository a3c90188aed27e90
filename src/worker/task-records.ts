import {createHash} from 'node:crypto';
import {mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {type Checkpoint, isCheckpoint} from '../contracts/checkpoint.js';

/** An activity task that this worker, or its predecessor in the same state directory, has under way. */
export interface TaskRecord {
  readonly token: string;
  readonly activity: string;
  readonly executionId: string;
  readonly checkpoint?: Checkpoint;
  /** Its end was about to be reported. */
  readonly ended?: true;
}

/**
 * Milliseconds for which an attempt that has ended keeps its record: the server hears of the end only after it. Killed
 * before that, the worker has lost the end, and a successor without record would let the server wait for its timeout.
 */
const KEEP_ENDED_MS = 5_000;

/**
 * The activity tasks under way, on disk: what a successor needs to give them back after a crash. A token lets its holder
 * end an attempt, so the files are private. They survive the process, not the machine: nothing is synced.
 */
export class TaskRecords {
  private readonly open = new Map<string, TaskRecord>();
  private readonly ended = new Map<string, NodeJS.Timeout>();
  private readonly lost = new Map<string, number>();
  private failing = false;

  /**
   * `directory` belongs to one worker: the holder of the state directory's lock. `onFailure` is told once when records
   * cannot be written, as on a full disk: what is under way goes on, and a successor waits for its timeout.
   */
  constructor(
    private readonly directory: string,
    private readonly onFailure: (error: unknown) => void = () => undefined,
  ) {
    mkdirSync(directory, {recursive: true, mode: 0o700});
  }

  begin(record: TaskRecord): void {
    this.open.set(record.token, record);
    this.write(record);
  }

  /** Keeps the checkpoint that was just sent, since the server may never see it. */
  checkpoint(token: string, checkpoint: Checkpoint): void {
    const record = this.open.get(token);
    if (!record) return;
    const updated = {...record, checkpoint};
    this.open.set(token, updated);
    this.write(updated);
  }

  /** The attempt is over and its end is about to be reported: the record goes once the server surely knows. */
  end(token: string): void {
    const record = this.open.get(token);
    if (!record || this.ended.has(token)) return;
    this.open.delete(token);
    this.ended.set(token, setTimeout(() => this.forget(token), KEEP_ENDED_MS).unref());
    this.write({...record, ended: true});
  }

  /** The attempt died with a predecessor, and the server had missed it by itself before it was handed over. */
  noteLost(record: TaskRecord): void {
    this.lost.set(lossKey(record), (this.lost.get(lossKey(record)) ?? 0) + 1);
  }

  /** Whether the attempt before this one is one that was noted as lost: once for each. */
  takeLost(task: Pick<TaskRecord, 'executionId' | 'activity'>): boolean {
    const count = this.lost.get(lossKey(task)) ?? 0;
    if (count > 1) this.lost.set(lossKey(task), count - 1);
    else this.lost.delete(lossKey(task));
    return count > 0;
  }

  /** The record is of no use any more. */
  forget(token: string): void {
    clearTimeout(this.ended.get(token));
    this.ended.delete(token);
    this.open.delete(token);
    this.onDisk(() => rmSync(this.path(token), {force: true}));
  }

  /** Call when every end has been reported: nothing is left to hand over but what is still open. */
  close(): void {
    for (const token of this.ended.keys()) this.forget(token);
  }

  /**
   * What a predecessor left. Call before any work starts; each is to be passed to `forget` when it is dealt with. Removes
   * what nobody can deal with: of another version, written in half, or empty since the machine went down.
   */
  leftovers(): readonly TaskRecord[] {
    return readdirSync(this.directory).flatMap((name) => {
      const path = join(this.directory, name);
      const record = name.endsWith('.json') ? parse(readFileSync(path, 'utf8')) : undefined;
      if (record === undefined) this.onDisk(() => rmSync(path, {force: true}));
      return record ?? [];
    });
  }

  /** Synchronous: after this call a crash at any instant finds the record. A write of 1 KB costs some 50 µs. */
  private write(record: TaskRecord): void {
    const path = this.path(record.token);
    this.onDisk(() => {
      writeFileSync(`${path}.new`, JSON.stringify(record), {mode: 0o600});
      renameSync(`${path}.new`, path);
    });
  }

  private onDisk(change: () => void): void {
    try {
      change();
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.onFailure(error);
      this.failing = true;
    }
  }

  private path(token: string): string {
    return join(this.directory, `${createHash('sha256').update(token).digest('hex').slice(0, 32)}.json`);
  }
}

function lossKey({executionId, activity}: Pick<TaskRecord, 'executionId' | 'activity'>): string {
  return `${executionId} ${activity}`;
}

/** Undefined for a record of another version, or one that a power failure cut: its attempt then ends by its heartbeat timeout. */
function parse(text: string): TaskRecord | undefined {
  const record = parseJson(text);
  if (typeof record !== 'object' || record === null) return undefined;
  if (!('token' in record) || typeof record.token !== 'string') return undefined;
  if (!('activity' in record) || typeof record.activity !== 'string') return undefined;
  if (!('executionId' in record) || typeof record.executionId !== 'string') return undefined;
  const ended = 'ended' in record ? {ended: true as const} : {};
  const base = {token: record.token, activity: record.activity, executionId: record.executionId, ...ended};
  return 'checkpoint' in record && isCheckpoint(record.checkpoint) ? {...base, checkpoint: record.checkpoint} : base;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
