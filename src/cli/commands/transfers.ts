import {Command} from 'commander';
import {WaybillError} from '../../contracts/errors.js';
import type {TransferResult} from '../../contracts/transfer.js';
import {formatDuration, parseCount} from '../amounts.js';
import type {CliContext} from '../context.js';
import {CopyReporter} from '../copy/copy-reporter.js';
import {formatOutcome} from '../copy/outcome-line.js';
import {addConnectionOptions, connectionOf, DocumentedOption, type JsonFlag, jsonOption, parsed} from '../options.js';
import {Screen} from '../terminal/screen.js';
import {formatTable} from '../terminal/table.js';

interface TransfersFlags extends JsonFlag {
  readonly limit?: number;
  readonly outcomes?: true;
  readonly failed?: true;
}

const DEFAULT_LIMIT = 50;

export function transfersCommand(context: CliContext): Command {
  const command = new Command('transfers')
    .summary('copies, the newest first; or what became of one')
    .description(
      'Lists copies that Temporal still knows, the newest first. With an ID: how far it is, or how it ended; with --outcomes or --failed what became of each file, also of a copy that was terminated and while it runs.',
    )
    .argument('[id]', 'of one copy')
    .addOption(parsed('--limit <n>', 'at most this many', String(DEFAULT_LIMIT), parseCount))
    .addOption(new DocumentedOption('--outcomes', 'with an ID: what became of each file, one a line', 'off'))
    .addOption(new DocumentedOption('--failed', 'with an ID: only the files that failed', 'off'))
    .addOption(jsonOption('print one JSON object for each copy, or each file'));
  addConnectionOptions(command);
  return command.action(async (id: string | undefined) => {
    const {limit, json, outcomes, failed} = command.opts<TransfersFlags>();
    if (id === undefined && (outcomes === true || failed === true)) {
      throw new WaybillError('input.invalid', '--outcomes and --failed are about one copy: they need its ID');
    }
    const screen = new Screen(context);
    const client = await context.connect(connectionOf(command));
    try {
      if (id !== undefined && (outcomes === true || failed === true)) {
        for await (const outcome of client.transfer(id).outcomes({failed: failed ?? false})) {
          await screen.result(json === true ? JSON.stringify(outcome) : formatOutcome(outcome));
        }
        return;
      }
      if (id !== undefined) {
        const state = await client.transfer(id).state();
        if (json === true) await screen.result(JSON.stringify({id, ...state}));
        else if (state.result !== undefined) await showEnd(screen, id, state.result);
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

async function showEnd(screen: Screen, id: string, result: TransferResult): Promise<void> {
  await new CopyReporter(screen, false).ended(result);
  const more = result.counts.failed - result.failures.length;
  if (more > 0) screen.line(`${more} more failed: waybill transfers ${id} --failed`);
}
