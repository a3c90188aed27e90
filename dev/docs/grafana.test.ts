import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';
import {z} from 'zod';
import {metricFacts, type MetricFacts} from '../../src/contracts/metrics.js';

const dashboard = z.object({
  panels: z.array(z.object({title: z.string(), targets: z.array(z.object({expr: z.string()}))})),
});

const shown = dashboard
  .parse(JSON.parse(readFileSync('deploy/grafana/waybill.json', 'utf8')))
  .panels.flatMap(({targets}) => targets.flatMap(({expr}) => expr.match(/waybill_\w+/g) ?? []));

it('shows every metric in the Grafana dashboard, and none that is not exported', () => {
  const exported = Object.entries<MetricFacts>(metricFacts).map(([name, {kind}]) =>
    kind === 'histogram' ? `${name}_bucket` : name,
  );
  expect([...new Set(shown)].sort()).toEqual(exported.sort());
});

it('groups by labels that those metrics have', () => {
  const text = readFileSync('deploy/grafana/waybill.json', 'utf8');
  const labels = new Set(Object.values<MetricFacts>(metricFacts).flatMap((facts) => facts.labels));
  const grouped = [...text.matchAll(/by \(([^)]*)\)/g)].flatMap(([, names = '']) => names.split(', '));
  expect(grouped.filter((label) => label !== 'le' && !labels.has(label))).toEqual([]);
});
