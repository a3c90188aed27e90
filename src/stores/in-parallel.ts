/** Round trips to a store that overlap where each answer is small. */
export const QUESTIONS_AT_ONCE = 32;

/**
 * Works through `items` in order with up to `width` at once. After a failure nothing new is begun; the first error is
 * thrown when everything that was begun has ended.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let failure: {readonly error: unknown} | undefined;
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true && failure === undefined; next = iterator.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failure ??= {error};
      }
    }
  };
  await Promise.all(Array.from({length: width}, lane));
  if (failure !== undefined) throw failure.error;
}

/** The same, answering with what `work` gave for each item, in the order of the items. */
export async function mapInParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Map<number, R>();
  await inParallel(items.entries(), width, async ([index, item]) => {
    results.set(index, await work(item, index));
  });
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}

/**
 * What `work` gives for each item, in the order of the items, with up to `width` at once, which is asked before each. After
 * a failure nothing new is begun; it is thrown, or the iteration left, when everything that was begun has ended.
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  width: number | (() => number),
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const most = typeof width === 'number' ? () => width : width;
  const underWay: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const begun = work(item);
      // It is reported when its turn comes.
      begun.catch(() => undefined);
      underWay.push(begun);
      while (underWay.length >= most()) {
        const first = underWay.shift();
        if (first !== undefined) yield await first;
      }
    }
    for (let first = underWay.shift(); first !== undefined; first = underWay.shift()) yield await first;
  } finally {
    await Promise.allSettled(underWay);
  }
}
