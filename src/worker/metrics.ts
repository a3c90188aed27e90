import type {MetricMeter} from '@temporalio/common';
import {Runtime, type RuntimeOptions} from '@temporalio/worker';
import {WaybillError} from '../contracts/errors.js';
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  metricFacts,
  type MetricFacts,
  type MetricLabels,
} from '../contracts/metrics.js';

type Instruments = Pick<MetricMeter, 'createCounter' | 'createGauge' | 'createHistogram'>;

/** Records the metrics of the table; each is made when it is first used. */
export class Metrics {
  readonly #counters = new Map<CounterName, ReturnType<Instruments['createCounter']>>();
  readonly #gauges = new Map<GaugeName, ReturnType<Instruments['createGauge']>>();
  readonly #histograms = new Map<HistogramName, ReturnType<Instruments['createHistogram']>>();

  constructor(private readonly meter: Instruments) {}

  add<Name extends CounterName>(name: Name, value: number, labels: MetricLabels<Name>): void {
    const made = () => this.meter.createCounter(name, '', metricFacts[name].help);
    once(this.#counters, name, made).add(value, labels);
  }

  set<Name extends GaugeName>(name: Name, value: number, labels: MetricLabels<Name>): void {
    const made = () => this.meter.createGauge(name, 'int', '', metricFacts[name].help);
    once(this.#gauges, name, made).set(value, labels);
  }

  record<Name extends HistogramName>(name: Name, value: number, labels: MetricLabels<Name>): void {
    const made = () => this.meter.createHistogram(name, 'float', '', metricFacts[name].help);
    once(this.#histograms, name, made).record(value, labels);
  }
}

/**
 * Installs Temporal's runtime; with an address it serves `/metrics` there. Throws `worker.metrics-unavailable` where
 * nothing can listen on it.
 */
export function installRuntime(options: RuntimeOptions, bindAddress: string | undefined): Runtime {
  if (bindAddress === undefined) return Runtime.install(options);
  const histogramBucketOverrides = Object.fromEntries(
    Object.entries<MetricFacts>(metricFacts).flatMap(([name, {buckets}]) => (buckets ? [[name, [...buckets]]] : [])),
  );
  try {
    return Runtime.install({
      ...options,
      telemetryOptions: {
        metrics: {prometheus: {bindAddress, histogramBucketOverrides}, attachServiceName: false},
      },
    });
  } catch (cause) {
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    throw new WaybillError('worker.metrics-unavailable', `metrics cannot be served at ${bindAddress}${why}`, {
      path: bindAddress,
      cause,
    });
  }
}

function once<Name, Instrument>(known: Map<Name, Instrument>, name: Name, make: () => Instrument): Instrument {
  const found = known.get(name) ?? make();
  known.set(name, found);
  return found;
}
