import type {TargetConfiguration} from '../config/schema.js';
import type {TargetCheck, TargetSummary} from '../contracts/catalog.js';
import {WaybillError} from '../contracts/errors.js';
import type {TargetShell} from '../execution/shell.js';
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

/** The targets of the configuration. Connections are made when they are first needed. */
export interface TargetRegistry {
  /** Rejects with `target.unknown`. */
  settings(name: string): TargetConfiguration;
  /** Connects; rejects with `target.unknown`, or with what kept it from connecting. */
  connect(name: string, signal?: AbortSignal): Promise<Target>;
  /** Rejects with `target.unknown` or `target.not-allowed` where `NAME:path` may not be read or written. */
  requireAllowed(location: string): void;
  /** The store and path that `NAME:path` names; `root` is the allowed directory that holds the path, and the store's root. */
  location(
    location: string,
    signal?: AbortSignal,
  ): Promise<{readonly store: Store; readonly path: string; readonly root: string}>;
  summaries(): readonly TargetSummary[];
  check(name: string, signal?: AbortSignal): Promise<readonly TargetCheck[]>;
  close(): Promise<void>;
}

/** One target of one kind; the registry keeps it. */
export interface OpenedTarget {
  connect(signal?: AbortSignal): Promise<Target>;
  /** A store with this absolute root on the same machine. */
  storeAt(root: string, signal?: AbortSignal): Promise<Store>;
  readonly address: string;
  check(signal?: AbortSignal): Promise<readonly TargetCheck[]>;
  close(): Promise<void>;
}

export function unknownTarget(name: string, known: readonly string[]): WaybillError {
  return new WaybillError('target.unknown', `the worker has no target ${name}; it has ${known.join(', ')}`, {
    path: name,
  });
}
