import {Command} from 'commander';
import type {CliContext} from '../context.js';
import {addConnectionOptions, DocumentedOption, type JsonFlag, jsonOption} from '../options.js';
import {requirePlaces} from '../places/location.js';
import {told, withPlaces} from '../places/with-places.js';

interface MvFlags extends JsonFlag {
  readonly overwrite?: true;
}

export function mvCommand(context: CliContext): Command {
  const command = new Command('mv')
    .summary('rename a file or directory of a store')
    .description(
      'Renames FROM to TO, both NAME:PATH below the same root of the configuration. With a trailing slash TO is the directory that FROM is put into; otherwise it is the new name, also where a directory has it. What is elsewhere is for `waybill copy`.',
    )
    .argument('<from>', 'NAME:PATH')
    .argument('<to>', 'NAME:PATH')
    .addOption(new DocumentedOption('--overwrite', 'replace a file that exists', 'off: it is kept, and that fails'))
    .addOption(jsonOption('print one JSON object'));
  addConnectionOptions(command);
  return command.action(async (location: string, to: string) => {
    const {overwrite, json} = command.opts<MvFlags>();
    requirePlaces([location, to]);
    await withPlaces(context, command, async (places, screen) => {
      await places.rename(location, to, {overwrite: overwrite ?? false});
      await told(screen, json, {event: 'renamed', location, to});
    });
  });
}
