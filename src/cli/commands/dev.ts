import {Command} from 'commander';
import type {CliContext} from '../context.js';
import {operator} from '../operator.js';
import type {Finish} from '../program.js';

export function devCommand(context: CliContext, finish: Finish): Command {
  return new Command('dev')
    .summary('the embedded stack: Temporal, PostgreSQL, local store, worker')
    .description(
      `Starts everything that Waybill needs on this machine and keeps it running: Temporal's dev server with its UI,
PostgreSQL, a local store and a worker. Ctrl-C ends it cleanly; its state survives.`,
    )
    .action(async () => {
      const {dev} = await operator.dev();
      finish(await dev(context));
    });
}
