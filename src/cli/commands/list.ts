import {Command} from 'commander';
import type {ExecutionRecord} from '../../contracts/artifacts.js';
import {formatDuration, parseCount} from '../amounts.js';
import type {CliContext} from '../context.js';
import {addConnectionOptions, connectionOf, type JsonFlag, jsonOption, parsed} from '../options.js';
import {formatBytes, truncate} from '../terminal/bar.js';
import {expiresSoon, expiryWarning, formatExpiry} from '../terminal/expiry.js';
import {plural} from '../run/sentences.js';
import {printable, printableCommand} from '../terminal/printable.js';
import {Screen} from '../terminal/screen.js';
import {formatTable} from '../terminal/table.js';

interface ListFlags extends JsonFlag {
  readonly limit?: number;
}

const DEFAULT_LIMIT = 50;

export function listCommand(context: CliContext): Command {
  const command = new Command('list')
    .summary('runs, the newest first')
    .description(
      'Lists runs, the newest first, also those that Temporal has forgotten. The state of a run that has not ended is open.',
    )
    .addOption(parsed('--limit <n>', 'at most this many', String(DEFAULT_LIMIT), parseCount))
    .addOption(jsonOption('print one JSON object for each run'));
  addConnectionOptions(command);
  return command.action(async () => {
    const {limit, json} = command.opts<ListFlags>();
    const screen = new Screen(context);
    const client = await context.connect(connectionOf(command));
    try {
      const records: ExecutionRecord[] = [];
      for await (const record of client.list({limit: limit ?? DEFAULT_LIMIT})) {
        if (json === true) await screen.result(JSON.stringify(record));
        else records.push(record);
      }
      if (json === true) return;
      if (records.length === 0) screen.line('No runs yet.');
      else await screen.result(formatList(records, Date.now(), context.stdout.columns));
      const soon = records.filter((record) => expiresSoon(record, Date.now()));
      if (soon.length > 0) screen.line(expiryWarning(plural(soon.length, 'run'), soon[0]?.id ?? 'ID'));
    } finally {
      await client.close();
    }
  });
}

const header = ['ID', 'STATE', 'TARGET', 'AGE', 'EXPIRES', 'EXIT', 'OUTPUTS', 'COMMAND'];
const COMMAND_WIDTH = 60;

/** Lines are cut to `columns` where there is a terminal; a file or pipe gets them whole. */
export function formatList(records: readonly ExecutionRecord[], now: number, columns: number | undefined): string {
  const rows = records.map((record) => [
    record.id,
    record.state,
    printable(record.target),
    formatDuration(now - Date.parse(record.createdAt)),
    record.state === 'open' ? '' : formatExpiry(record.expiresAt, now),
    record.exitStatus === undefined ? '' : String(record.exitStatus),
    record.outputFiles === 0 ? '' : `${record.outputFiles} (${formatBytes(record.outputBytes)})`,
    truncate(record.label === undefined ? printableCommand(record.command) : printable(record.label), COMMAND_WIDTH),
  ]);
  const table = formatTable(header, rows);
  if (columns === undefined || columns === 0) return table;
  return table
    .split('\n')
    .map((line) => truncate(line, columns))
    .join('\n');
}
