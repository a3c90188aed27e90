import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';
import {metricFacts, type MetricFacts} from './metrics.js';

const rows = Object.entries<MetricFacts>(metricFacts).map(
  ([name, {kind, labels, help}]) =>
    `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
);

it('documents every metric, and no other', () => {
  const page = readFileSync('docs/operations.md', 'utf8');
  expect(page.split('\n').filter((line) => line.startsWith('| `waybill_'))).toEqual(rows);
});

it.each(Object.entries<MetricFacts>(metricFacts))('names %s as Prometheus wants it', (name, {kind, buckets}) => {
  expect(name.endsWith('_total')).toBe(kind === 'counter');
  expect(buckets !== undefined).toBe(kind === 'histogram');
  if (kind === 'histogram') expect(name).toMatch(/_(seconds|bytes)$/);
});

it('labels nothing with what has no bounds', () => {
  const labels = new Set(Object.values<MetricFacts>(metricFacts).flatMap((facts) => facts.labels));
  expect([...labels].sort()).toEqual(
    ['category', 'code', 'destination', 'namespace', 'operation', 'outcome', 'result', 'source', 'target'].concat([
      'taskQueue',
      'workflowType',
    ]),
  );
});
