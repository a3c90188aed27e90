import {Command} from 'commander';
import type {TransferNow, TransferSummary} from '../../client/api.js';
import {WaybillError} from '../../contracts/errors.js';
import type {TransferResult} from '../../contracts/transfer.js';
import {formatDuration, parseCount} from '../amounts.js';
import type {CliContext} from '../context.js';
import {CopyReporter} from '../copy/copy-reporter.js';
import {followCopy} from '../copy/follow-copy.js';
import {formatOutcome} from '../copy/outcome-line.js';
import {addConnectionOptions, DocumentedOption, type JsonFlag, jsonOption, parsed} from '../options.js';
import {formatProgressSentence} from '../terminal/bar.js';
import {printable, printableText} from '../terminal/printable.js';
import type {Screen} from '../terminal/screen.js';
import {formatTable} from '../terminal/table.js';
import {withClient} from '../with-client.js';

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
      'Lists copies that Temporal still knows, the newest first. With an ID: how far it is, on a terminal to its end, or how it ended; with --outcomes or --failed what became of each file, also of a copy that was terminated and while it runs.',
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
    await withClient(context, command, async (client, screen) => {
      if (id !== undefined && (outcomes === true || failed === true)) {
        for await (const outcome of client.transfer(id).outcomes({failed: failed ?? false})) {
          await screen.result(json === true ? JSON.stringify(outcome) : formatOutcome(outcome));
        }
        return;
      }
      if (id !== undefined) {
        const handle = client.transfer(id);
        const now = await handle.state();
        if (json === true) await screen.result(JSON.stringify({id, ...now}));
        else if (now.result !== undefined) await showEnd(screen, id, now.result);
        else if (now.running && screen.capabilities.live && context.stdout.isTTY === true) {
          await followCopy(context, screen, new CopyReporter(screen, false), handle);
        } else await screen.result(formatNow(id, now));
        return;
      }
      const rows: (readonly string[])[] = [];
      for await (const found of client.transfers({limit: limit ?? DEFAULT_LIMIT})) {
        if (json === true) await screen.result(JSON.stringify(found));
        else rows.push(row(found));
      }
      if (json === true) return;
      if (rows.length === 0) screen.line('No copies yet.');
      else await screen.result(formatTable(['ID', 'STATE', 'AGE', 'FROM', 'TO'], rows));
    });
  });
}

function row({id, state, startedAt, sources = [], destination = '-'}: TransferSummary): readonly string[] {
  const [first = '-', ...others] = sources;
  const from = others.length === 0 ? printable(first) : `${printable(first)} and ${others.length} more`;
  return [id, state, formatDuration(Date.now() - Date.parse(startedAt)), from, printable(destination)];
}

const steps: Readonly<Record<TransferNow['step'], string>> = {
  open: 'begins',
  plan: 'looks at what there is to copy',
  copy: 'copies',
  close: 'gives directories their modes and times',
  ended: 'has ended',
};

/** How far a copy is, in one sentence, and a second one where it is not its first attempt. */
export function formatNow(id: string, {running, step, counts, planned, progress, retrying}: TransferNow): string {
  if (!running) {
    return `${id}: was terminated in Temporal. What became of each file: waybill transfers ${id} --outcomes`;
  }
  const done = planned === undefined ? '' : `, ${counts.entries} of ${planned.entries} entries are done`;
  const now = progress === undefined ? `${id}: ${steps[step]}${done}` : formatProgressSentence(id, progress);
  return retrying === undefined
    ? now
    : `${now}\n  attempt ${retrying.attempt}, because: ${printableText(retrying.reason)}`;
}

async function showEnd(screen: Screen, id: string, result: TransferResult): Promise<void> {
  await new CopyReporter(screen, false).ended(result);
  const more = result.counts.failed - result.failures.length;
  if (more > 0) screen.line(`${more} more failed: waybill transfers ${id} --failed`);
}
