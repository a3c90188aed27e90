import type {Command} from 'commander';
import type {StoreClient} from '../../client/api.js';
import type {CliContext} from '../context.js';
import type {Screen} from '../terminal/screen.js';
import {withClient} from '../with-client.js';

/** Does the work of one command at places. */
export async function withPlaces(
  context: CliContext,
  command: Command,
  work: (places: StoreClient, screen: Screen) => Promise<void>,
): Promise<void> {
  await withClient(context, command, ({places}, screen) => work(places, screen));
}

/** With `--json` one object says what was done; otherwise nothing is said, as of `rm`. */
export async function told(screen: Screen, json: true | undefined, event: Readonly<Record<string, unknown>>) {
  if (json === true) await screen.result(JSON.stringify(event));
}
