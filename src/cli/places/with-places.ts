import type {Command} from 'commander';
import type {StoreClient} from '../../client/api.js';
import type {CliContext} from '../context.js';
import {connectionOf} from '../options.js';
import {Screen} from '../terminal/screen.js';

/** Connects, does the work of one command, and lets go. */
export async function withPlaces(
  context: CliContext,
  command: Command,
  work: (places: StoreClient, screen: Screen) => Promise<void>,
): Promise<void> {
  const client = await context.connect(connectionOf(command));
  try {
    await work(client.places, new Screen(context));
  } finally {
    await client.close();
  }
}

/** With `--json` one object says what was done; otherwise nothing is said, as of `rm`. */
export async function told(screen: Screen, json: true | undefined, event: Readonly<Record<string, unknown>>) {
  if (json === true) await screen.result(JSON.stringify(event));
}
