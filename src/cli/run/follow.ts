import {setTimeout as delay} from 'node:timers/promises';
import type {ExecutionEvent, ExecutionHandle} from '../../client/api.js';
import type {ExecutionResult} from '../../contracts/execution.js';
import {failureOf} from '../failure-of.js';
import type {Interrupts} from './interrupts.js';
import type {Reporter} from './reporter.js';
import {rerunSentence} from './sentences.js';

/** Milliseconds that the result may take longer than the progress to find out that Temporal does not answer. */
const PATIENCE_MS = 2_000;

export type FollowEnd = {readonly end: 'ended'; readonly result: ExecutionResult} | {readonly end: 'detached'};

export interface FollowOptions {
  readonly handle: ExecutionHandle;
  readonly reporter: Reporter;
  readonly interrupts: Interrupts;
  /** Called for each event before it is reported. */
  readonly onEvent?: (event: ExecutionEvent) => void;
}

/** Reports what an execution does and writes until it has ended and everything was read, or until the user lets go. */
export async function follow({handle, reporter, interrupts, onEvent}: FollowOptions): Promise<FollowEnd> {
  const stop = new AbortController();
  const {signal} = stop;
  const followed = followToEnd();
  // Not waited for: whoever has cancelled may still let go.
  let cancelFails = failureOf(Promise.resolve());
  try {
    for (;;) {
      const next = await Promise.race([followed, interrupts.decision(), cancelFails]);
      if (typeof next !== 'string') return {end: 'ended', result: next};
      if (next === 'detach') return {end: 'detached'};
      await reporter.note('Cancelling: everything it started on the target is ended.');
      cancelFails = failureOf(handle.cancel());
    }
  } finally {
    stop.abort();
    reporter.pause();
    // Whoever lets go does not wait for what was still on its way.
    followed.catch(() => undefined);
  }

  async function followToEnd(): Promise<ExecutionResult> {
    const quiet = new AbortController();
    const events = watchEvents(AbortSignal.any([signal, quiet.signal]));
    const output = copyOutput();
    // Awaited below: until then a failure of the output must not end the process.
    output.catch(() => undefined);
    const result = await handle.result(signal);
    interrupts.dismiss();
    await output;
    quiet.abort();
    await events;
    await report(() => reporter.event({event: 'ended', result}));
    return result;
  }

  async function copyOutput(): Promise<void> {
    let generation: number | undefined;
    for await (const chunk of handle.logs({follow: true, signal})) {
      if (generation !== undefined && chunk.generation > generation)
        await report(() => reporter.note(rerunSentence(chunk.generation)));
      generation = chunk.generation;
      await report(() => reporter.output(chunk));
    }
  }

  /** What goes on is shown as far as it can be seen; the result does not depend on it. */
  async function watchEvents(until: AbortSignal): Promise<void> {
    try {
      for await (const event of handle.progress(until)) {
        if (until.aborted || event.event === 'ended') return;
        onEvent?.(event);
        await report(() => reporter.event(event));
      }
    } catch (error) {
      // Where the result cannot be had either, for the same reason, that is all there is to say.
      await delay(PATIENCE_MS, undefined, {signal: until}).catch(() => undefined);
      if (!until.aborted) await report(() => reporter.warning(`Progress is not shown: ${messageOf(error)}`));
    }
  }

  async function report(tell: () => Promise<unknown>): Promise<void> {
    await interrupts.clear();
    if (!signal.aborted) await tell();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
