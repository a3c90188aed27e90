/**
 * Waits for every task, also after one has failed: then the others are told through `failed`, and the first error is
 * thrown once all of them have stopped.
 */
export async function allOrNone<A, B, C>(
  failed: AbortController,
  tasks: readonly [Promise<A>, Promise<B>, Promise<C>],
): Promise<[A, B, C]> {
  const all = Promise.all(tasks);
  all.catch((error: unknown) => failed.abort(error));
  await Promise.allSettled(tasks);
  return await all;
}
