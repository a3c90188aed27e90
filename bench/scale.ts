/** What sizes and counts of the benches are multiplied by. With less than 1 they only show that they work. */
export const SCALE = Number(process.env['WAYBILL_BENCH_SCALE'] ?? 1);

/** A size or count of a bench, at least `least`. */
export function scaled(full: number, least = 1): number {
  return Math.max(least, Math.round(full * SCALE));
}
