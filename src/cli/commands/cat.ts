import {Command} from 'commander';
import type {CliContext} from '../context.js';
import {addConnectionOptions} from '../options.js';
import {requirePlaces} from '../places/location.js';
import {withPlaces} from '../places/with-places.js';

export function catCommand(context: CliContext): Command {
  const command = new Command('cat')
    .summary('print small files of a store')
    .description(
      'Prints the content of the file at each PLACE (NAME:PATH), byte for byte. Refuses files of more than 16 MiB: the content passes through Temporal and stays in its history until Temporal forgets it; `waybill copy` moves files without that.',
    )
    .argument('<places...>', 'NAME:PATH each');
  addConnectionOptions(command);
  return command.action(async (locations: readonly string[]) => {
    requirePlaces(locations);
    await withPlaces(context, command, async (places, screen) => {
      for (const location of locations) {
        for await (const content of places.read(location)) await screen.output('stdout', content);
      }
    });
  });
}
