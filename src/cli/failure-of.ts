/** Rejects where `work` does, and never resolves: for a race that only its failure ends. */
export function failureOf(work: Promise<unknown>): Promise<never> {
  const failure = work.then(() => new Promise<never>(() => undefined));
  // Whoever races may have gone by then.
  failure.catch(() => undefined);
  return failure;
}
