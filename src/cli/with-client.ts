import type {Command} from 'commander';
import type {WaybillClientApi} from '../client/api.js';
import type {CliContext} from './context.js';
import {connectionOf} from './options.js';
import {Screen} from './terminal/screen.js';

/** Connects, does the work of one command, and lets go. */
export async function withClient(
  context: CliContext,
  command: Command,
  work: (client: WaybillClientApi, screen: Screen) => Promise<void>,
): Promise<void> {
  const client = await context.connect(connectionOf(command));
  try {
    await work(client, new Screen(context));
  } finally {
    await client.close();
  }
}
