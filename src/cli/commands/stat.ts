import {Command} from 'commander';
import type {CliContext} from '../context.js';
import {EXIT, type Finish} from '../exit-codes.js';
import {addConnectionOptions, type JsonFlag, jsonOption} from '../options.js';
import {formatTime} from '../places/entry-line.js';
import {requirePlaces} from '../places/location.js';
import {formatMode} from '../places/mode.js';
import {withPlaces} from '../places/with-places.js';
import {printable} from '../terminal/printable.js';

export function statCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('stat')
    .summary('what is at a place of a store')
    .description(
      'Shows kind, size in bytes, mode and time (UTC) of PLACE (NAME:PATH). Ends with 1 where nothing is there.',
    )
    .argument('<place>', 'NAME:PATH')
    .addOption(jsonOption('print one JSON object'));
  addConnectionOptions(command);
  return command.action(async (place: string) => {
    const {json} = command.opts<JsonFlag>();
    requirePlaces([place]);
    await withPlaces(context, command, async (places, screen) => {
      const entry = await places.stat(place);
      if (entry === undefined) finish(EXIT.checkFailed);
      if (json === true) {
        await screen.result(JSON.stringify({location: place, exists: entry !== undefined, ...entry}));
      } else if (entry === undefined) {
        screen.line(`Nothing is at ${printable(place)}`);
      } else {
        const facts = [
          ['place', printable(place)],
          ['kind', entry.kind],
          ...(entry.kind === 'file' ? [['size', String(entry.size)]] : []),
          ['mode', `${(entry.mode & 0o7777).toString(8).padStart(4, '0')} ${formatMode(entry)}`],
          ['time', formatTime(entry.modifiedAt)],
          ...(entry.linkTarget === undefined ? [] : [['target', printable(entry.linkTarget)]]),
        ];
        await screen.result(facts.map(([name = '', value]) => `${name.padEnd(8)}${value}`).join('\n'));
      }
    });
  });
}
