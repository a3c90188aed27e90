import type {TransferHandle} from '../../client/api.js';
import type {CliContext} from '../context.js';
import {failureOf} from '../failure-of.js';
import {EXIT} from '../exit-codes.js';
import {Interrupts} from '../run/interrupts.js';
import type {Screen} from '../terminal/screen.js';
import type {CopyReporter} from './copy-reporter.js';

const QUESTION = 'Ctrl-C: [d]etach (the copy goes on), [c]ancel it, any other key goes on. Ctrl-C again detaches.';

/** Shows a copy to its end, and answers with its exit status; or until the user lets go. */
export async function followCopy(
  context: CliContext,
  screen: Screen,
  reporter: CopyReporter,
  handle: TransferHandle,
): Promise<number> {
  const interrupts = new Interrupts(context, screen, QUESTION, () => reporter.pause());
  const stop = new AbortController();
  const followed = toTheEnd(reporter, interrupts, handle, stop.signal);
  followed.catch(() => undefined);
  // Not waited for: whoever has cancelled may still let go.
  let cancelFails = failureOf(Promise.resolve());
  try {
    for (;;) {
      const next = await Promise.race([followed, interrupts.decision(), cancelFails]);
      if (typeof next === 'number') return next;
      if (next === 'detach') {
        stop.abort(new Error('not followed any more'));
        await reporter.event({event: 'detached', id: handle.id});
        reporter.pause();
        reporter.line(`Detached: the copy goes on. Follow it with: waybill wait ${handle.id}`);
        return EXIT.detached;
      }
      reporter.line('Cancelling: what is unfinished is removed.');
      cancelFails = failureOf(handle.cancel());
    }
  } finally {
    stop.abort(new Error('not followed any more'));
    interrupts.close();
  }
}

async function toTheEnd(
  reporter: CopyReporter,
  interrupts: Interrupts,
  handle: TransferHandle,
  signal: AbortSignal,
): Promise<number> {
  for await (const event of handle.progress(signal)) {
    await interrupts.clear();
    if (signal.aborted) break;
    if (event.event === 'progress') await reporter.progress(event.progress);
    else if (event.event === 'retrying') await reporter.retrying(event.attempt, event.reason);
    else {
      interrupts.dismiss();
      return await reporter.ended(event.result);
    }
  }
  return EXIT.detached;
}
