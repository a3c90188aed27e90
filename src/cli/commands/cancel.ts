import {Command} from 'commander';
import type {CliContext} from '../context.js';
import {addConnectionOptions, connectionOf, DocumentedOption, type JsonFlag, jsonOption} from '../options.js';
import {Screen} from '../terminal/screen.js';

interface CancelFlags extends JsonFlag {
  readonly detach?: true;
}

export function cancelCommand(context: CliContext): Command {
  const command = new Command('cancel')
    .summary('end a run and everything that it started')
    .description(
      'Ends a run and everything that it started on the target (TERM, some grace, KILL), and waits until that is done.',
    )
    .argument('<id>', 'see `waybill list`')
    .addOption(new DocumentedOption('--detach', 'ask for it and return at once', 'off'))
    .addOption(jsonOption('print the result as one JSON object'));
  addConnectionOptions(command);
  return command.action(async (id: string) => {
    const {detach, json} = command.opts<CancelFlags>();
    const screen = new Screen(context);
    const client = await context.connect(connectionOf(command));
    try {
      const handle = client.execution(id);
      await handle.cancel();
      if (detach === true) {
        if (json === true) await screen.result(JSON.stringify({executionId: id, outcome: 'cancelling'}));
        else screen.line(`Cancelling ${id}.`);
        return;
      }
      const result = await handle.result();
      if (json === true) await screen.result(JSON.stringify(result));
      else if (result.outcome === 'cancelled') screen.line(`Cancelled ${id}.`);
      else screen.line(`${id} had ended before: ${result.outcome}.`);
    } finally {
      await client.close();
    }
  });
}
