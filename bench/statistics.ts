export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new Error('no values');
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** The median, and the range where there is more than one value. */
export function spread(values: readonly number[], unit: 's' | 'ms'): string {
  const text = (value: number) => (unit === 's' ? (value / 1000).toFixed(2) : value.toFixed(0));
  const middle = `${text(median(values))} ${unit}`;
  if (values.length === 1) return middle;
  return `${middle} (${text(Math.min(...values))}–${text(Math.max(...values))})`;
}
