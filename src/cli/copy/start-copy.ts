import {resolve} from 'node:path';
import type {TransferOptionsRequest} from '../../contracts/transfer.js';
import type {CliContext, ConnectOptions} from '../context.js';
import {EXIT} from '../exit-codes.js';
import {Screen} from '../terminal/screen.js';
import {CopyReporter} from './copy-reporter.js';
import {followCopy} from './follow-copy.js';
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
