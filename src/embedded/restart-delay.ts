/** A life shorter than this counts towards a crash loop: longer than a worker takes to poll for the first time. */
const shortLifeMs = 3000;
const freeRestarts = 5;
const longestDelayMs = 10_000;

/**
 * How long to wait before the next start, in milliseconds, given the lengths of the lives so far: at once, unless the
 * last five were all short; then half a second, doubling up to ten seconds.
 */
export function restartDelay(livesMs: readonly number[]): number {
  let short = 0;
  for (let index = livesMs.length - 1; index >= 0; index -= 1) {
    if ((livesMs[index] ?? 0) >= shortLifeMs) break;
    short += 1;
  }
  return short < freeRestarts ? 0 : Math.min(longestDelayMs, 500 * 2 ** Math.min(short - freeRestarts, 10));
}
