import {resolve} from 'node:path';
import type {TransferHandle} from '../../client/api.js';
import type {TransferOptionsRequest} from '../../contracts/transfer.js';
import type {CliContext, ConnectOptions} from '../context.js';
import {EXIT} from '../exit-codes.js';
import {Interrupts} from '../run/interrupts.js';
import {Screen} from '../terminal/screen.js';
import {CopyReporter} from './copy-reporter.js';
import {writeManifest} from './manifest-file.js';

export interface CopyOrder {
  readonly sources: readonly string[];
  readonly destination: string;
  readonly options: TransferOptionsRequest;
  readonly label?: string;
  readonly correlationId?: string;
  /** A file of this machine for what became of each file. */
  readonly manifest?: string;
  readonly detach: boolean;
  readonly json: boolean;
}

const QUESTION = 'Ctrl-C: [d]etach (the copy goes on), [c]ancel it, any other key goes on. Ctrl-C again detaches.';

/** Starts the workflow and follows it to its end, or until the user lets go. */
export async function startCopy(context: CliContext, connect: ConnectOptions, order: CopyOrder): Promise<number> {
  const screen = new Screen(context);
  const reporter = new CopyReporter(screen, order.json);
  const client = await context.connect(connect);
  try {
    const handle = await client.copy({
      sources: [...order.sources],
      destination: order.destination,
      options: order.options,
      ...(order.label === undefined ? {} : {label: order.label}),
      ...(order.correlationId === undefined ? {} : {correlationId: order.correlationId}),
    });
    await reporter.event({event: 'started', id: handle.id});
    if (!order.detach) {
      reporter.line(`Copy ${handle.id}`);
      const status = await followCopy(context, screen, reporter, handle);
      if (order.manifest !== undefined && status !== EXIT.detached) {
        await writeManifest(resolve(context.cwd, order.manifest), handle.outcomes());
      }
      return status;
    }
    if (!order.json) await screen.result(handle.id);
    return EXIT.ok;
  } finally {
    await client.close();
  }
}

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
  try {
    for (;;) {
      const next = await Promise.race([followed, interrupts.decision()]);
      if (typeof next === 'number') return next;
      if (next === 'detach') {
        await reporter.event({event: 'detached', id: handle.id});
        reporter.pause();
        reporter.line(`Detached: the copy goes on. Follow it with: waybill transfers ${handle.id}`);
        return EXIT.detached;
      }
      reporter.line('Cancelling: what is unfinished is removed.');
      await handle.cancel();
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
