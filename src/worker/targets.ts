import type {TargetConfiguration} from '../config/schema.js';
import type {TargetCheck, TargetSummary} from '../contracts/catalog.js';
import {WaybillError} from '../contracts/errors.js';
import type {TargetShell} from '../execution/shell.js';
import type {PoolStatus} from '../ssh/pool.js';
import type {Store} from '../stores/store.js';

/** A machine that runs commands, connected. */
export interface Target {
  readonly name: string;
  readonly settings: TargetConfiguration;
  /** Below the workspace root. */
  readonly store: Store;
  readonly shell: TargetShell;
  /** Absolute, on the target. */
  readonly workspaceRoot: string;
}

/** The targets and stores of the configuration. Connections are made when they are first needed. */
export interface TargetRegistry {
  /** Rejects with `target.unknown`, or with `target.runs-no-commands` where the name is that of a store. */
  settings(name: string): TargetConfiguration;
  /** Where the activities of this target or store run; undefined: where the workflows do. Rejects with `target.unknown`. */
  taskQueue(name: string): string | undefined;
  /** Connects; rejects as `settings` does, or with what kept it from connecting. */
  connect(name: string, signal?: AbortSignal): Promise<Target>;
  /**
   * The allowed directory that holds `NAME:path`, without connecting. Throws `target.unknown`, or `target.not-allowed`
   * where the location may not be read or written.
   */
  requireAllowed(location: string): {readonly name: string; readonly root: string};
  /** The store and path that `NAME:path` names; `root` is the allowed directory that holds the path, and the store's root. */
  location(
    location: string,
    signal?: AbortSignal,
    options?: PlaceOptions,
  ): Promise<{readonly store: Store; readonly path: string; readonly root: string}>;
  summaries(): readonly TargetSummary[];
  /** Of the targets that have connections and were connected. */
  pools(): readonly {readonly target: string; readonly status: PoolStatus}[];
  check(name: string, signal?: AbortSignal): Promise<readonly TargetCheck[]>;
  close(): Promise<void>;
}

export interface PlaceOptions {
  /** SSH connections that carry files, within those that the pool may have. Default: what suits the line. */
  readonly connections?: number | undefined;
}

/** What holds files under one name, a target or a store; the registry keeps it. */
export interface OpenedPlace {
  /** A store with this absolute root in the same place. */
  storeAt(root: string, signal?: AbortSignal, options?: PlaceOptions): Promise<Store>;
  readonly address: string;
  check(signal?: AbortSignal): Promise<readonly TargetCheck[]>;
  close(): Promise<void>;
}

/** One target of one kind. */
export interface OpenedTarget extends OpenedPlace {
  connect(signal?: AbortSignal): Promise<Target>;
  /** Absent where nothing is pooled; undefined before the first connection. */
  readonly poolStatus?: () => PoolStatus | undefined;
}

export function unknownTarget(name: string, known: readonly string[]): WaybillError {
  return new WaybillError('target.unknown', `the worker has no target or store ${name}; it has ${known.join(', ')}`, {
    path: name,
  });
}
