import {Command} from 'commander';
import type {CliContext} from '../context.js';
import {addConnectionOptions, DocumentedOption, type JsonFlag, jsonOption, parsed} from '../options.js';
import {requirePlaces} from '../places/location.js';
import {parseMode} from '../places/mode.js';
import {told, withPlaces} from '../places/with-places.js';

interface MkdirFlags extends JsonFlag {
  readonly parents?: true;
  readonly mode?: number;
}

export function mkdirCommand(context: CliContext): Command {
  const command = new Command('mkdir')
    .summary('make directories of a store')
    .description('Makes the directory at each PLACE (NAME:PATH).')
    .argument('<places...>', 'NAME:PATH each')
    .addOption(
      new DocumentedOption('-p, --parents', 'make missing parents; a directory that exists is no failure', 'off'),
    )
    .addOption(parsed('--mode <octal>', 'mode of the directory that is made', 'what that side gives', parseMode))
    .addOption(jsonOption('print one JSON object for each place'));
  addConnectionOptions(command);
  return command.action(async (locations: readonly string[]) => {
    const {parents, mode, json} = command.opts<MkdirFlags>();
    requirePlaces(locations);
    await withPlaces(context, command, async (places, screen) => {
      for (const location of locations) {
        await places.makeDirectory(location, {parents: parents ?? false, ...(mode === undefined ? {} : {mode})});
        await told(screen, json, {event: 'made', location});
      }
    });
  });
}
