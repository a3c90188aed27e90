/**
 * Waits for every task, also after one has failed: then the others are told through `failed`, and the first error is
 * thrown once all of them have stopped.
 */
export async function allOrNone<T extends readonly unknown[]>(
  failed: AbortController,
  tasks: {readonly [I in keyof T]: Promise<T[I]>},
): Promise<{-readonly [I in keyof T]: Awaited<Promise<T[I]>>}> {
  const all = Promise.all(tasks);
  all.catch((error: unknown) => failed.abort(error));
  await Promise.allSettled(tasks);
  return await all;
}
