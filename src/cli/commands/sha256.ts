import {Command} from 'commander';
import type {CliContext} from '../context.js';
import {addConnectionOptions, type JsonFlag, jsonOption} from '../options.js';
import {requirePlaces} from '../places/location.js';
import {withPlaces} from '../places/with-places.js';
import {printable} from '../terminal/printable.js';

export function sha256Command(context: CliContext): Command {
  const command = new Command('sha256')
    .summary('the SHA-256 of files of a store')
    .description(
      'Prints the SHA-256 of the file at each PLACE (NAME:PATH), hashed where it lies; where that machine has no program for it, the worker reads the file.',
    )
    .argument('<places...>', 'NAME:PATH each')
    .addOption(jsonOption('print one JSON object for each file'));
  addConnectionOptions(command);
  return command.action(async (locations: readonly string[]) => {
    const {json} = command.opts<JsonFlag>();
    requirePlaces(locations);
    await withPlaces(context, command, async (places, screen) => {
      for (const location of locations) {
        const digest = await places.sha256(location);
        if (json === true) await screen.result(JSON.stringify({location, ...digest}));
        else await screen.result(`${digest.sha256}  ${printable(location)}`);
      }
    });
  });
}
