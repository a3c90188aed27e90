import {Command} from 'commander';
import {parsePort} from '../amounts.js';
import type {CliContext} from '../context.js';
import type {Finish} from '../exit-codes.js';
import {parsed} from '../options.js';

interface DevFlags {
  readonly port?: number;
  readonly uiPort?: number;
}

export function devCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('dev')
    .summary('the embedded stack: Temporal, PostgreSQL, local store, worker')
    .description(
      "Starts everything that Waybill needs on this machine and keeps it running: Temporal's dev server with its UI, PostgreSQL, a local store and a worker. Ctrl-C ends it cleanly; its state survives.",
    )
    .addOption(parsed('--port <n>', "Temporal's port on 127.0.0.1", '7233', parsePort))
    .addOption(parsed('--ui-port <n>', "the port of Temporal's UI", '1000 above that', parsePort));
  return command.action(async () => {
    const {port, uiPort} = command.opts<DevFlags>();
    const operator = await context.operator();
    const {dev} = await operator.dev();
    finish(
      await dev(context, {
        ...(port === undefined ? {} : {temporalPort: port}),
        ...(uiPort === undefined ? {} : {uiPort}),
      }),
    );
  });
}
