import {metricMeter} from '@temporalio/workflow';
import {type CounterName, type HistogramName, metricFacts} from '../src/contracts/metrics.js';

/** Counts a run that begins, not one that continues another. The meter is silent while a history is replayed. */
export function countStart(): void {
  counter('waybill_runs_started_total').add(1);
}

export interface EndedRun {
  /** Of an execution that was opened: a name of the configuration. Anything else is the caller's word, and no label. */
  readonly target?: string | undefined;
  readonly outcome: string;
  /** Of a failure. */
  readonly code?: string | undefined;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

export function countEnd({target = '', outcome, code = '', startedAt}: EndedRun): void {
  counter('waybill_runs_ended_total').add(1, {target, outcome, code});
  histogram('waybill_run_duration_seconds').record(Math.max(0, Date.now() - startedAt) / 1000, {target, outcome});
}

function counter(name: CounterName) {
  return metricMeter.createCounter(name, '', metricFacts[name].help);
}

function histogram(name: HistogramName) {
  return metricMeter.createHistogram(name, 'float', '', metricFacts[name].help);
}
