import {Command} from 'commander';
import type {CliContext} from '../context.js';
import {addConnectionOptions, type JsonFlag, jsonOption} from '../options.js';
import {requirePlaces} from '../places/location.js';
import {parseMode} from '../places/mode.js';
import {told, withPlaces} from '../places/with-places.js';

export function chmodCommand(context: CliContext): Command {
  const command = new Command('chmod')
    .summary('set the mode of files of a store')
    .description(
      'Sets the permission bits of the file or directory at each PLACE (NAME:PATH). MODE is octal, 1777 at most: set-user-id and set-group-id are not set from here.',
    )
    .argument('<mode>', 'as 640 or 755')
    .argument('<places...>', 'NAME:PATH each')
    .addOption(jsonOption('print one JSON object for each place'));
  addConnectionOptions(command);
  return command.action(async (text: string, locations: readonly string[]) => {
    const {json} = command.opts<JsonFlag>();
    const mode = parseMode(text);
    requirePlaces(locations);
    await withPlaces(context, command, async (places, screen) => {
      for (const location of locations) {
        await places.chmod(location, mode);
        await told(screen, json, {event: 'mode-set', location, mode});
      }
    });
  });
}
