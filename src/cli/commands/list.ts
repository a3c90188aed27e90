import {Command} from 'commander';
import type {BatchSummary} from '../../client/batch-api.js';
import type {ExecutionRecord} from '../../contracts/artifacts.js';
import {formatDuration, parseCount} from '../amounts.js';
import type {CliContext} from '../context.js';
import {addConnectionOptions, DocumentedOption, type JsonFlag, jsonOption, parsed} from '../options.js';
import {formatBytes, truncate} from '../terminal/bar.js';
import {expiresSoon, expiryWarning, formatExpiry} from '../terminal/expiry.js';
import {plural} from '../run/sentences.js';
import {printable, printableCommand} from '../terminal/printable.js';
import {formatTable} from '../terminal/table.js';
import {withClient} from '../with-client.js';

interface ListFlags extends JsonFlag {
  readonly limit?: number;
  readonly batch?: string;
}

const DEFAULT_LIMIT = 50;

export function listCommand(context: CliContext): Command {
  const command = new Command('list')
    .summary('runs, the newest first')
    .description(
      'Lists runs, the newest first, also those that Temporal has forgotten. The state of a run that has not ended is open.',
    )
    .addOption(parsed('--limit <n>', 'at most this many', String(DEFAULT_LIMIT), parseCount))
    .addOption(
      new DocumentedOption(
        '--batch <id>',
        'only the runs of this batch',
        'runs of no batch, and batches as one line each',
      ),
    )
    .addOption(jsonOption('print one JSON object for each run or batch'));
  addConnectionOptions(command);
  return command.action(async () => {
    const {limit, json, batch} = command.opts<ListFlags>();
    await withClient(context, command, async (client, screen) => {
      const most = limit ?? DEFAULT_LIMIT;
      const records: ExecutionRecord[] = [];
      const batches: BatchSummary[] = [];
      for await (const record of client.list({limit: most, batch: batch ?? false})) records.push(record);
      if (batch === undefined) for await (const found of client.batches({limit: most})) batches.push(found);
      const rows = newestFirst(records, batches).slice(0, most);
      if (json === true) {
        for (const row of rows) await screen.result(JSON.stringify(row));
        return;
      }
      if (rows.length === 0) screen.line('No runs yet.');
      else await screen.result(formatList(rows, Date.now(), context.stdout.columns));
      const soon = records.filter((record) => expiresSoon(record, Date.now()));
      if (soon.length > 0) screen.line(expiryWarning(plural(soon.length, 'run'), soon[0]?.id ?? 'ID'));
    });
  });
}

const header = ['ID', 'STATE', 'TARGET', 'AGE', 'EXPIRES', 'EXIT', 'OUTPUTS', 'COMMAND'];
const COMMAND_WIDTH = 60;

/** A batch stands in the list as one line: its runs are listed with `--batch ID`. */
export type Listed = ExecutionRecord | (BatchSummary & {readonly batch: true});

export function newestFirst(runs: readonly ExecutionRecord[], batches: readonly BatchSummary[]): readonly Listed[] {
  const all: Listed[] = [...runs, ...batches.map((batch) => ({...batch, batch: true as const}))];
  const startOf = (row: Listed) => Date.parse('batch' in row ? row.startedAt : row.createdAt);
  return all.sort((one, other) => startOf(other) - startOf(one));
}

function rowOfBatch({id, state, target, startedAt, counts, label}: BatchSummary, now: number): string[] {
  const ended = `${counts.succeeded}/${counts.items} ok`;
  const age = formatDuration(now - Date.parse(startedAt));
  const what = truncate(`batch of ${counts.items}: ${printable(label)}`, COMMAND_WIDTH);
  return [id, state, printable(target), age, '', '', state === 'running' ? '' : ended, what];
}

function rowOfRun(record: ExecutionRecord, now: number): string[] {
  return [
    record.id,
    record.state,
    printable(record.target),
    formatDuration(now - Date.parse(record.createdAt)),
    record.state === 'open' ? '' : formatExpiry(record.expiresAt, now),
    record.exitStatus === undefined ? '' : String(record.exitStatus),
    record.outputFiles === 0 ? '' : `${record.outputFiles} (${formatBytes(record.outputBytes)})`,
    truncate(record.label === undefined ? printableCommand(record.command) : printable(record.label), COMMAND_WIDTH),
  ];
}

/** Lines are cut to `columns` where there is a terminal; a file or pipe gets them whole. */
export function formatList(listed: readonly Listed[], now: number, columns: number | undefined): string {
  const rows = listed.map((row) => ('batch' in row ? rowOfBatch(row, now) : rowOfRun(row, now)));
  const table = formatTable(header, rows);
  if (columns === undefined || columns === 0) return table;
  return table
    .split('\n')
    .map((line) => truncate(line, columns))
    .join('\n');
}
