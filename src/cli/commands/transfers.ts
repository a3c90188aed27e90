import {Command} from 'commander';
import {formatDuration, parseCount} from '../amounts.js';
import type {CliContext} from '../context.js';
import {CopyReporter} from '../copy/copy-reporter.js';
import {addConnectionOptions, connectionOf, type JsonFlag, jsonOption, parsed} from '../options.js';
import {Screen} from '../terminal/screen.js';
import {formatTable} from '../terminal/table.js';

interface TransfersFlags extends JsonFlag {
  readonly limit?: number;
}

const DEFAULT_LIMIT = 50;

export function transfersCommand(context: CliContext): Command {
  const command = new Command('transfers')
    .summary('copies, the newest first; or what became of one')
    .description(
      'Lists copies that Temporal still knows, the newest first. With an ID: how far it is, or how it ended.',
    )
    .argument('[id]', 'of one copy')
    .addOption(parsed('--limit <n>', 'at most this many', String(DEFAULT_LIMIT), parseCount))
    .addOption(jsonOption('print one JSON object for each copy'));
  addConnectionOptions(command);
  return command.action(async (id: string | undefined) => {
    const {limit, json} = command.opts<TransfersFlags>();
    const screen = new Screen(context);
    const client = await context.connect(connectionOf(command));
    try {
      if (id !== undefined) {
        const state = await client.transfer(id).state();
        if (json === true) await screen.result(JSON.stringify({id, ...state}));
        else if (state.result !== undefined) await new CopyReporter(screen, false).ended(state.result);
        else {
          const {entries = 0} = state.planned ?? {};
          await screen.result(`${id}: ${state.step}, ${state.counts.entries} of ${entries} entries are done`);
        }
        return;
      }
      const rows: (readonly string[])[] = [];
      for await (const found of client.transfers({limit: limit ?? DEFAULT_LIMIT})) {
        const age = formatDuration(Date.now() - Date.parse(found.startedAt));
        if (json === true) await screen.result(JSON.stringify(found));
        else rows.push([found.id, found.state, age]);
      }
      if (json === true) return;
      if (rows.length === 0) screen.line('No copies yet.');
      else await screen.result(formatTable(['ID', 'STATE', 'AGE'], rows));
    } finally {
      await client.close();
    }
  });
}
