export interface MetricFacts {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** Each has few values: names from the configuration, outcomes, error codes. Never a path, never an id. */
  readonly labels: readonly string[];
  readonly help: string;
  /** Upper bounds, of a histogram alone. */
  readonly buckets?: readonly number[];
}

const SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800, 3_600, 21_600, 86_400];
/** 1 KiB to 1 TiB. */
const BYTES = Array.from({length: 11}, (_, power) => 1024 * 8 ** power);

/** What Temporal's SDK puts on every metric of a workflow. */
const WORKFLOW = ['namespace', 'taskQueue', 'workflowType'] as const;
const PLACES = ['operation', 'source', 'destination'] as const;

/**
 * Every metric of a worker, in one table; docs/operations.md shows it. Files are counted when their outcome is in the
 * journal, where a retried step finds it: once each.
 */
export const metricFacts = {
  waybill_files_total: {
    kind: 'counter',
    labels: [...PLACES, 'outcome'],
    help: 'Files and links that have their outcome: copied, resumed, skipped, unverified, failed.',
  },
  waybill_file_failures_total: {
    kind: 'counter',
    labels: [...PLACES, 'category', 'code'],
    help: 'Files that failed, by error code; the category is the part of the code before the dot.',
  },
  waybill_file_size_bytes: {
    kind: 'histogram',
    labels: PLACES,
    help: 'Sizes of the files that arrived.',
    buckets: BYTES,
  },
  waybill_file_duration_seconds: {
    kind: 'histogram',
    labels: PLACES,
    help: 'Time that a file took in the attempt that finished it. Small files are moved in groups, and each has the time of its group.',
    buckets: SECONDS,
  },
  waybill_file_verifications_total: {
    kind: 'counter',
    labels: [...PLACES, 'result'],
    help: 'Files by what was proved of them: sha256, size-only, not-checked, or mismatch where the destination held other bytes to the end.',
  },
  waybill_sent_bytes_total: {
    kind: 'counter',
    labels: PLACES,
    help: 'Bytes put on the line, also by attempts that failed, as they go: its rate is the bandwidth.',
  },
  waybill_resumed_bytes_total: {
    kind: 'counter',
    labels: PLACES,
    help: 'Bytes that resuming saved: sent by earlier attempts, proved, and not sent again.',
  },
  waybill_resent_bytes_total: {
    kind: 'counter',
    labels: PLACES,
    help: 'Bytes sent that an unfinished file had held before, of files that arrived: what was found wrong or was never written.',
  },
  waybill_compressed_original_bytes_total: {
    kind: 'counter',
    labels: PLACES,
    help: 'Bytes of the texts that lie compressed in the default store, as they were: outputs when they are collected, inputs when they are staged.',
  },
  waybill_compressed_stored_bytes_total: {
    kind: 'counter',
    labels: PLACES,
    help: 'Bytes of the same texts as they lie there: those before divided by these are the compression ratio.',
  },
  waybill_runs_started_total: {
    kind: 'counter',
    labels: WORKFLOW,
    help: 'Executions and transfers begun.',
  },
  waybill_runs_ended_total: {
    kind: 'counter',
    labels: [...WORKFLOW, 'target', 'outcome', 'code'],
    help: 'Executions and transfers ended; the target is that of an execution, the code that of a failure.',
  },
  waybill_run_duration_seconds: {
    kind: 'histogram',
    labels: [...WORKFLOW, 'target', 'outcome'],
    help: 'Time from the beginning of an execution or transfer to its end.',
    buckets: SECONDS,
  },
  waybill_ssh_connections: {
    kind: 'gauge',
    labels: ['target'],
    help: 'SSH connections that are open.',
  },
  waybill_ssh_connections_idle: {
    kind: 'gauge',
    labels: ['target'],
    help: 'SSH connections that are open and carry no session.',
  },
  waybill_ssh_sessions: {
    kind: 'gauge',
    labels: ['target'],
    help: 'Sessions on those connections: SFTP channels and scripts.',
  },
  waybill_ssh_sessions_waiting: {
    kind: 'gauge',
    labels: ['target'],
    help: 'Callers that wait for a session because every connection is full.',
  },
} as const satisfies Readonly<Record<`waybill_${string}`, MetricFacts>>;

export type MetricName = keyof typeof metricFacts;
type Of<Kind extends MetricFacts['kind']> = {
  [Name in MetricName]: (typeof metricFacts)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];
/** A value for each label. */
export type MetricLabels<Name extends MetricName> = Readonly<
  Record<(typeof metricFacts)[Name]['labels'][number], string>
>;
export type CounterName = Of<'counter'>;
export type GaugeName = Of<'gauge'>;
export type HistogramName = Of<'histogram'>;
