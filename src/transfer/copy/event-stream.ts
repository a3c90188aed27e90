import {copy, type CopyOptions} from './copy.js';
import type {CopyEvent} from './events.js';
import type {CopyPlace} from './locate.js';

/**
 * As `copy`, told as it happens; the last event is `completed` or `failed`. Of progress that is not read in time only the
 * latest is kept. Whoever leaves the loop early ends the copy.
 */
export async function* copyEvents(
  sources: CopyPlace | readonly CopyPlace[],
  destination: CopyPlace,
  options: Omit<CopyOptions, 'onEvent'> = {},
): AsyncGenerator<CopyEvent, void> {
  const left = new AbortController();
  const waiting: CopyEvent[] = [];
  let wake: () => void = () => undefined;
  const onEvent = (event: CopyEvent): void => {
    if (event.event === 'progress' && waiting.at(-1)?.event === 'progress') waiting.pop();
    waiting.push(event);
    wake();
  };
  const signal = options.signal === undefined ? left.signal : AbortSignal.any([options.signal, left.signal]);
  const ended = copy(sources, destination, {...options, signal, onEvent}).catch(() => undefined);
  try {
    for (;;) {
      const event = waiting.shift();
      if (event === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      yield event;
      if (event.event === 'completed' || event.event === 'failed') return;
    }
  } finally {
    left.abort(new Error('nobody listens any more'));
    await ended;
  }
}
