import {Command} from 'commander';
import {splitLocation} from '../../contracts/transfer.js';
import type {CliContext} from '../context.js';
import {EXIT, type Finish} from '../exit-codes.js';
import {addConnectionOptions, DocumentedOption, type JsonFlag, jsonOption} from '../options.js';
import {requirePlaces} from '../places/location.js';
import {told, withPlaces} from '../places/with-places.js';
import {removeRuns} from '../run/remove-runs.js';

interface RmFlags extends JsonFlag {
  readonly recursive?: true;
  readonly yes?: true;
}

export function rmCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('rm')
    .summary('remove runs with all of their files, or files of a store')
    .description(
      'Removes runs (ID), with their inputs, outputs, logs, workspace and record, after it has asked; a run that has not ended is refused. Or removes files and links at each PLACE (NAME:PATH), and with -r directories with everything in them, following no link. Refuses a root of the configuration, and stops at the first that cannot be removed or where nothing is.',
    )
    .argument('<what...>', 'ID each, or NAME:PATH each')
    .addOption(new DocumentedOption('-r, --recursive', 'also directories, with everything in them', 'off'))
    .addOption(new DocumentedOption('--yes', 'do not ask before runs are removed', 'off'))
    .addOption(jsonOption('print one JSON object for each'));
  addConnectionOptions(command);
  return command.action(async (what: readonly string[]) => {
    const {recursive, yes, json} = command.opts<RmFlags>();
    if (what.every((each) => splitLocation(each) === undefined)) {
      const removed = await removeRuns(context, command, what, {yes: yes === true, json});
      if (!removed) finish(EXIT.checkFailed);
      return;
    }
    requirePlaces(what);
    await withPlaces(context, command, async (places, screen) => {
      for (const location of what) {
        await places.remove(location, {recursive: recursive ?? false});
        await told(screen, json, {event: 'removed', location});
      }
    });
  });
}
