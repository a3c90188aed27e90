import type {Logger} from 'pino';
import type {Configuration} from '../config/schema.js';
import {AuditTrail} from './audit-trail.js';
import {temporalLogger} from './log.js';
import {installRuntime, Metrics} from './metrics.js';
import {MoveReport, type ReportedMove} from './move-report.js';
import {watchPools} from './pool-gauges.js';
import type {TargetRegistry} from './targets.js';

/** What a worker tells of its work: log, metrics, audit records. */
export class Telemetry {
  #stopWatching: () => void = () => undefined;

  constructor(
    readonly log: Logger,
    private readonly metrics: Metrics,
    private readonly audit: AuditTrail,
  ) {}

  /** Of what one attempt does with the files of a segment. */
  move(move: ReportedMove): MoveReport {
    return new MoveReport(move, this.metrics, this.audit);
  }

  watch(targets: Pick<TargetRegistry, 'pools'>): void {
    this.#stopWatching = watchPools(targets, this.metrics);
  }

  close(): void {
    this.#stopWatching();
    this.audit.close();
  }
}

/**
 * Installs Temporal's runtime with the worker's log, and serves metrics where the configuration says so. Throws
 * `worker.metrics-unavailable`, and `config.invalid` for an audit log that cannot be opened.
 */
export function openTelemetry({worker, log: {level}}: Pick<Configuration, 'worker' | 'log'>, log: Logger): Telemetry {
  const audit = new AuditTrail(log, worker.auditLog);
  const runtime = installRuntime({logger: temporalLogger(log, level), shutdownSignals: []}, worker.metrics);
  return new Telemetry(log, new Metrics(runtime.metricMeter), audit);
}
