import {Command} from 'commander';
import type {StoreClient} from '../../client/api.js';
import type {ListedStoreEntry} from '../../contracts/store.js';
import type {CliContext} from '../context.js';
import {addConnectionOptions, DocumentedOption, type JsonFlag, jsonOption} from '../options.js';
import {entryLine, nameOf} from '../places/entry-line.js';
import {placeBelow, requirePlaces} from '../places/location.js';
import {withPlaces} from '../places/with-places.js';

interface LsFlags extends JsonFlag {
  readonly long?: true;
  readonly recursive?: true;
}

export function lsCommand(context: CliContext): Command {
  const command = new Command('ls')
    .summary('what is in a directory of a store')
    .description(
      'Lists a directory by name, hidden names too, or shows the one file. PLACE is NAME:PATH, with a NAME of `waybill targets` and a PATH below a root that its configuration allows. Control characters in names are printed as escapes; --json has the names as they are.',
    )
    .argument('<place>', 'NAME:PATH')
    .addOption(new DocumentedOption('-l, --long', 'mode, size, time (UTC) and where links point', 'off'))
    .addOption(new DocumentedOption('-r, --recursive', 'also what is in directories below, links not followed', 'off'))
    .addOption(jsonOption('print one JSON object for each entry'));
  addConnectionOptions(command);
  return command.action(async (place: string) => {
    const {long, recursive, json} = command.opts<LsFlags>();
    requirePlaces([place]);
    await withPlaces(context, command, async (places, screen) => {
      const entries = recursive === true ? everyEntry(places, place, '') : places.list(place);
      for await (const entry of entries) {
        const shown = long === true ? entryLine(entry) : nameOf(entry);
        await screen.result(json === true ? JSON.stringify(entry) : shown);
      }
    });
  });
}

/** A directory before what is in it, each with its path below the first one. */
async function* everyEntry(places: StoreClient, place: string, above: string): AsyncGenerator<ListedStoreEntry> {
  for await (const entry of places.list(place)) {
    const name = `${above}${entry.name}`;
    yield {...entry, name};
    if (entry.kind === 'directory' && entry.unrepresentable !== true) {
      yield* everyEntry(places, placeBelow(place, entry.name), `${name}/`);
    }
  }
}
