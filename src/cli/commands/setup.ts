import {Command} from 'commander';
import type {CliContext} from '../context.js';
import {type JsonFlag, jsonOption} from '../options.js';

export function setupCommand(context: CliContext): Command {
  const command = new Command('setup')
    .summary('make what Waybill needs where it is missing')
    .description(
      "Brings the catalog's schema up to date, makes the bucket of a default store on S3 and its lifecycle rules, marks the store, makes the schedule of the retention sweep and the search attributes, and prints what it changed: nothing the second time. Runs where the worker's configuration is. Where Temporal allows no search attributes, Waybill works without them.",
    )
    .addOption(jsonOption('print one JSON object for each step'));
  return command.action(async () => {
    const {setup} = await (await context.operator()).setup();
    await setup(context, command.opts<JsonFlag>().json === true);
  });
}
