import {Command} from 'commander';
import type {CliContext} from '../context.js';
import {type JsonFlag, jsonOption} from '../options.js';

export function configCommand(context: CliContext): Command {
  const command = new Command('config')
    .summary('the configuration in force, and where each value came from')
    .description('Prints every value of the configuration with its source. Secrets are shown as set or unset.')
    .addOption(jsonOption('print one JSON object for each value'));
  return command.action(async () => {
    const operator = await context.operator();
    const {showConfig} = await operator.config();
    await showConfig(context, command.opts<JsonFlag>().json === true);
  });
}
