import {Command} from 'commander';
import type {CliContext} from '../context.js';
import type {Finish} from '../exit-codes.js';
import {type JsonFlag, jsonOption} from '../options.js';

export function catalogCommand(context: CliContext, finish: Finish): Command {
  return new Command('catalog')
    .summary('compare the catalog with the store, or make it again from there')
    .description("Both run where the worker's configuration is.")
    .enablePositionalOptions()
    .addCommand(checkCommand(context, finish))
    .addCommand(rebuildCommand(context, finish));
}

function checkCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('check')
    .summary('what the catalog has and the store lacks, and the other way round')
    .description(
      'Looks at every run that has ended: a record without a file, a file without a record, a file of another size. Reports and changes nothing. Ends with 1 where it found any.',
    )
    .addOption(jsonOption('print one JSON object for each difference'));
  return command.action(async () => {
    const {checkCatalog} = await (await context.operator()).catalog();
    finish(await checkCatalog(context, command.opts<JsonFlag>().json === true));
  });
}

function rebuildCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('rebuild')
    .summary('make records again from the manifests in the store')
    .description(
      'Adds the records that the catalog lacks: of ended runs from the journal of the store, of running ones from Temporal. Decisions to keep and to remove are in the journal too. Changes no record that is there, and can be run again. Ends with 1 where something could not be read.',
    )
    .addOption(jsonOption('print one JSON object for each run'));
  return command.action(async () => {
    const {rebuildCatalog} = await (await context.operator()).catalog();
    finish(await rebuildCatalog(context, command.opts<JsonFlag>().json === true));
  });
}
