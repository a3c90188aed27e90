import {Command} from 'commander';
import type {UsageRow} from '../../contracts/catalog.js';
import type {CliContext} from '../context.js';
import {addConnectionOptions, type JsonFlag, jsonOption} from '../options.js';
import {formatBytes} from '../terminal/bar.js';
import {printable} from '../terminal/printable.js';
import {formatTable} from '../terminal/table.js';
import {withClient} from '../with-client.js';

export function usageCommand(context: CliContext): Command {
  const command = new Command('usage')
    .summary('what the store holds, by target, type and age')
    .description('Adds up what inputs, outputs and logs of all runs take up in the store.')
    .addOption(jsonOption('print one JSON object for each target, type and age'));
  addConnectionOptions(command);
  return command.action(async () => {
    const {json} = command.opts<JsonFlag>();
    await withClient(context, command, async (client, screen) => {
      const rows = await client.usage();
      if (json === true) for (const row of rows) await screen.result(JSON.stringify(row));
      else if (rows.length === 0) screen.line('The store holds nothing yet.');
      else await screen.result(formatUsage(rows));
    });
  });
}

export function formatUsage(rows: readonly UsageRow[]): string {
  const total = {
    files: rows.reduce((sum, row) => sum + row.files, 0),
    bytes: rows.reduce((sum, row) => sum + row.bytes, 0),
  };
  return formatTable(
    ['TARGET', 'TYPE', 'AGE', 'FILES', 'SIZE'],
    [
      ...rows.map((row) => [
        printable(row.target),
        row.kind,
        row.upToDays === undefined ? 'older' : `to ${row.upToDays} d`,
        String(row.files),
        formatBytes(row.bytes),
      ]),
      ['total', '', '', String(total.files), formatBytes(total.bytes)],
    ],
  );
}
