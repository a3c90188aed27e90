import {Command} from 'commander';
import type {CliContext} from '../context.js';
import type {Finish} from '../exit-codes.js';
import {type JsonFlag, jsonOption} from '../options.js';

export function doctorCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('doctor')
    .summary('check everything that a worker needs')
    .description(
      "Checks configuration, Temporal, workers, schedule, catalog, clocks, store and every target, changes nothing, and says of each failure what mends it. Runs where the worker's configuration is. Ends with 1 where a check failed.",
    )
    .addOption(jsonOption('print one JSON object for each check'));
  return command.action(async () => {
    const {doctor} = await (await context.operator()).doctor();
    finish(await doctor(context, command.opts<JsonFlag>().json === true));
  });
}
