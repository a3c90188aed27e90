import {Command} from 'commander';
import type {BatchHandle} from '../../client/batch-api.js';
import type {BatchCounts, BatchOutcome, BatchRecord} from '../../contracts/batch.js';
import {WaybillError} from '../../contracts/errors.js';
import {formatDuration} from '../amounts.js';
import {summary} from '../batch/batch-reporter.js';
import {formatFailed} from '../batch/failed-table.js';
import type {CliContext} from '../context.js';
import {EXIT, type Finish} from '../exit-codes.js';
import {addConnectionOptions, DocumentedOption, jsonOption} from '../options.js';
import {type FollowFlags, followOptions} from '../run/follow-options.js';
import {LocalRecords} from '../run/local-record.js';
import {printable, printableCommand} from '../terminal/printable.js';
import type {Screen} from '../terminal/screen.js';
import {withClient} from '../with-client.js';

interface BatchFlags extends FollowFlags {
  readonly retryFailed?: true;
  readonly detach?: true;
}

export function batchCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('batch')
    .summary('one batch: state, counts, what failed; or run that again')
    .description(
      'Says how a batch of `waybill run --batch` stands and which of its inputs failed, and returns at once. With --retry-failed runs those again that did not succeed, as the next round of the same batch, and follows as `wait` does; where all have succeeded, or that round runs already, it starts nothing.',
    )
    .argument('<id>', 'see `waybill list`')
    .addOption(new DocumentedOption('--retry-failed', 'run again what did not succeed', 'off'))
    .addOption(new DocumentedOption('--detach', 'with --retry-failed: return once it is started', 'off'))
    .addOption(new DocumentedOption('--out <dir>', 'where outputs are put', 'where `run` was told, or outputs/'))
    .addOption(new DocumentedOption('--remote-only', 'leave outputs in the store', 'as `run` was told'))
    .addOption(jsonOption('print one JSON object, or with --retry-failed the events as `run` does'));
  addConnectionOptions(command);
  return command.action(async (id: string) => {
    const flags = command.opts<BatchFlags>();
    await withClient(context, command, async (client, screen) => {
      const batch = client.batch(id);
      if (flags.retryFailed === true) finish(await retry(context, screen, batch, flags));
      else await show(screen, batch, flags.json === true);
    });
  });
}

async function retry(context: CliContext, screen: Screen, batch: BatchHandle, flags: BatchFlags): Promise<number> {
  const retried = await batch.retryFailed();
  const json = flags.json === true;
  if (retried.items === 0) {
    if (json) await screen.result(JSON.stringify({event: 'nothing-to-retry', id: batch.id}));
    else screen.line(`Everything in ${batch.id} has succeeded: there is nothing to run again.`);
    return EXIT.ok;
  }
  if (flags.detach === true) {
    if (json) await screen.result(JSON.stringify({event: 'started', id: batch.id, ...retried}));
    else screen.line(`Running ${retried.items} again. Follow it with: waybill wait ${batch.id}`);
    return EXIT.ok;
  }
  const {takeUpBatch} = await import('../batch/take-up-batch.js');
  return await takeUpBatch(context, {
    ...{batch, retried, records: new LocalRecords(context.environment)},
    ...followOptions(flags, context.cwd),
  });
}

async function show(screen: Screen, batch: BatchHandle, json: boolean): Promise<void> {
  const record = await batch.record();
  if (record === undefined) {
    throw new WaybillError('batch.not-found', `no batch ${batch.id} is known`, {path: batch.id});
  }
  const state = record.result === undefined ? await batch.state().catch(() => undefined) : undefined;
  const outcomes = await batch.outcomes();
  const failed = outcomes.filter(({outcome}) => outcome !== 'succeeded');
  const counts = record.result?.counts ?? state?.counts ?? countsOf(record, outcomes);
  // A workflow that was terminated has neither said how it ended nor can be asked.
  const stands = record.result?.outcome ?? (state === undefined ? 'unknown' : 'running');
  if (json) {
    const {id, createdAt, input, round, result} = record;
    const {label, execution} = input;
    const ended = result === undefined ? {} : {endedAt: result.endedAt};
    const told = {id, state: stands, round, counts, running: state?.running ?? 0, createdAt, ...ended, failed};
    await screen.result(JSON.stringify({...told, label, target: execution.target, command: execution.command}));
    return;
  }
  await screen.result(formatBatch(record, stands, counts, state?.running ?? 0, Date.now()));
  if (failed.length > 0) await screen.result(`\n${formatFailed(failed, batch.id)}`);
}

export function formatBatch(
  {id, createdAt, input, round, result}: BatchRecord,
  stands: string,
  counts: BatchCounts,
  running: number,
  now: number,
): string {
  const {label, execution, parallel} = input;
  const lines: [string, string | undefined][] = [
    ['ID', id],
    ['Name', label === undefined ? undefined : printable(label)],
    ['Command', printableCommand(execution.command)],
    ['Target', printable(execution.target)],
    ['State', stands],
    ['Executions', `${summary({counts})}${running > 0 ? `; ${running} run, ${parallel} at most` : ''}`],
    ['Round', round > 1 ? String(round) : undefined],
    ['Started', `${createdAt} (${formatDuration(now - Date.parse(createdAt))} ago)`],
    ['Ended', result?.endedAt],
  ];
  return lines.flatMap(([name, text]) => (text === undefined ? [] : [`${name.padEnd(12)} ${text}`])).join('\n');
}

function countsOf({input}: BatchRecord, outcomes: readonly BatchOutcome[]): BatchCounts {
  const count = (...kinds: readonly BatchOutcome['outcome'][]) =>
    outcomes.filter(({outcome}) => kinds.includes(outcome)).length;
  return {
    items: input.items,
    ...{succeeded: count('succeeded'), failed: count('failed', 'lost'), cancelled: count('cancelled')},
  };
}
