import type {BatchOutcome, BatchResult, BatchState} from '../../contracts/batch.js';
import type {BatchEvent} from '../batch-api.js';
import {UntilSettled} from '../until-settled.js';

/** Milliseconds between two questions to the workflow. */
const INTERVAL_MS = 1_000;

interface Followed {
  readonly result: Promise<BatchResult>;
  readonly state: () => Promise<BatchState>;
  readonly outcomesSince: (
    after: string | undefined,
  ) => Promise<{readonly outcomes: readonly BatchOutcome[]; readonly next: string}>;
}

/** Each outcome once: from the workflow while it is new, from the journal where it is in there first. */
export async function* followBatch(followed: Followed, signal?: AbortSignal): AsyncGenerator<BatchEvent> {
  const end = new UntilSettled(followed.result, signal);
  const told = new Set<string>();
  let after: string | undefined;
  let known = '';
  const untold = function* (outcomes: readonly BatchOutcome[]): Generator<BatchEvent> {
    for (const outcome of outcomes) {
      const key = `${outcome.round}:${outcome.index}`;
      if (told.has(key)) continue;
      told.add(key);
      yield {event: 'item', outcome};
    }
  };
  const fromJournal = async function* (): AsyncGenerator<BatchEvent> {
    for (;;) {
      const {outcomes, next} = await followed.outcomesSince(after);
      after = next;
      if (outcomes.length === 0) return;
      yield* untold(outcomes);
    }
  };
  while (end.waiting) {
    // A worker that is just being started again answers later.
    const state = await followed.state().catch(() => undefined);
    if (state !== undefined) {
      const {counts, outcomePages, pagesSent, recent, round, running, step} = state;
      const shown = {counts, outcomePages, pages: state.pages, pagesSent, round, running, step};
      const pages = `${state.round}:${state.outcomePages}`;
      if (pages !== known) yield* fromJournal();
      known = pages;
      yield* untold(recent);
      yield {event: 'progress', state: shown};
    }
    await end.pause(INTERVAL_MS);
  }
  const result = await followed.result;
  yield* fromJournal();
  yield {event: 'ended', result};
}
