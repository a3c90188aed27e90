import {Command} from 'commander';
import type {CliContext} from '../context.js';
import {addConnectionOptions, DocumentedOption, type JsonFlag, jsonOption} from '../options.js';
import {requirePlaces} from '../places/location.js';
import {told, withPlaces} from '../places/with-places.js';

interface RmFlags extends JsonFlag {
  readonly recursive?: true;
}

export function rmCommand(context: CliContext): Command {
  const command = new Command('rm')
    .summary('remove files of a store')
    .description(
      'Removes files and links at each PLACE (NAME:PATH), and with -r directories with everything in them, following no link. Refuses a root of the configuration, and stops at the first place that cannot be removed or where nothing is.',
    )
    .argument('<places...>', 'NAME:PATH each')
    .addOption(new DocumentedOption('-r, --recursive', 'also directories, with everything in them', 'off'))
    .addOption(jsonOption('print one JSON object for each place'));
  addConnectionOptions(command);
  return command.action(async (locations: readonly string[]) => {
    const {recursive, json} = command.opts<RmFlags>();
    requirePlaces(locations);
    await withPlaces(context, command, async (places, screen) => {
      for (const location of locations) {
        await places.remove(location, {recursive: recursive ?? false});
        await told(screen, json, {event: 'removed', location});
      }
    });
  });
}
