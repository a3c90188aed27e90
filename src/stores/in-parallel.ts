/** Runs `work` over the items in order, so many at once, and answers in their order. The first failure ends it. */
export async function mapInParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const waiting = items.entries();
  const results = new Map<number, R>();
  const lane = async (): Promise<void> => {
    for (const [index, item] of waiting) results.set(index, await work(item, index));
  };
  const lanes = await Promise.allSettled(Array.from({length: Math.min(limit, items.length)}, lane));
  for (const outcome of lanes) if (outcome.status === 'rejected') throw outcome.reason;
  return [...results.entries()].sort(([a], [b]) => a - b).map(([, result]) => result);
}
