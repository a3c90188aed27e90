import {Command} from 'commander';
import {parseKeep} from '../amounts.js';
import type {CliContext} from '../context.js';
import {addConnectionOptions, type JsonFlag, jsonOption} from '../options.js';
import {plural} from '../run/sentences.js';
import {withClient} from '../with-client.js';

export function keepCommand(context: CliContext): Command {
  const command = new Command('keep')
    .summary('keep a run and its files for longer, or shorter')
    .description(
      'Decides how long a run, all of its files and its record are kept from now, whatever they were kept for before.',
    )
    .argument('<id>', 'see `waybill list`')
    .argument('<duration>', '90d, 12h …, or forever')
    .addOption(jsonOption('print the new date as one JSON object'));
  addConnectionOptions(command);
  return command.action(async (id: string, duration: string) => {
    const {json} = command.opts<JsonFlag>();
    const keepFor = parseKeep(duration);
    await withClient(context, command, async (client, screen) => {
      const kept = await client.execution(id).keep(keepFor);
      if (json === true) await screen.result(JSON.stringify({event: 'kept', id, ...kept}));
      else screen.line(`${id} and its ${plural(kept.artifacts, 'file')}: kept ${until(kept.expiresAt)}.`);
    });
  });
}

function until(expiresAt: string | undefined): string {
  return expiresAt === undefined ? 'for ever' : `until ${expiresAt}`;
}
