import {Command} from 'commander';
import type {ExecutionEvent, ExecutionHandle} from '../../client/api.js';
import type {ExecutionRecord} from '../../contracts/artifacts.js';
import {WaybillError} from '../../contracts/errors.js';
import {formatDuration} from '../amounts.js';
import type {CliContext} from '../context.js';
import {addConnectionOptions, type JsonFlag, jsonOption} from '../options.js';
import {formatBytes, formatProgressSentence} from '../terminal/bar.js';
import {formatExpiry} from '../terminal/expiry.js';
import {printable, printableCommand, printableText} from '../terminal/printable.js';
import {withClient} from '../with-client.js';

/** How long an open run is watched for what it is doing, in milliseconds. */
const LOOK_MS = 1_500;

export function statusCommand(context: CliContext): Command {
  const command = new Command('status')
    .summary('one run: state, stage, progress, failure')
    .argument('<id>', 'see `waybill list`')
    .addOption(jsonOption('print the record, and what goes on now, as one JSON object'));
  command.description('Says how a run stands, and returns at once.');
  addConnectionOptions(command);
  return command.action(async (id: string) => {
    const {json} = command.opts<JsonFlag>();
    await withClient(context, command, async (client, screen) => {
      const handle = client.execution(id);
      const record = await handle.record();
      if (record === undefined)
        throw new WaybillError('execution.not-found', `no run ${printable(id)} is known`, {path: id});
      const now = record.state === 'open' ? await look(handle) : [];
      await screen.result(json === true ? JSON.stringify({...record, now}) : formatStatus(record, now, Date.now()));
    });
  });
}

/** The latest event of each kind, as soon as one says more than the name of the stage. */
async function look(handle: ExecutionHandle): Promise<ExecutionEvent[]> {
  const stop = AbortSignal.timeout(LOOK_MS);
  const latest = new Map<string, ExecutionEvent>();
  try {
    for await (const event of handle.progress(stop)) {
      latest.set(event.event, event);
      if (event.event !== 'stage') break;
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  return [...latest.values()];
}

export function formatStatus(record: ExecutionRecord, events: readonly ExecutionEvent[], now: number): string {
  const ended = record.endedAt === undefined ? undefined : Date.parse(record.endedAt);
  const started = Date.parse(record.createdAt);
  const lines: [string, string | undefined][] = [
    ['ID', record.id],
    ['Name', record.label === undefined ? undefined : printable(record.label)],
    ['Command', printableCommand(record.command)],
    ['Target', printable(record.target)],
    ['State', record.state],
    ['Exit status', record.exitStatus === undefined ? undefined : String(record.exitStatus)],
    ['Started', `${record.createdAt} (${formatDuration(now - started)} ago)`],
    ['Ended', ended === undefined ? undefined : `${record.endedAt ?? ''} (after ${formatDuration(ended - started)})`],
    ['Generation', record.generation > 1 ? String(record.generation) : undefined],
    ['Outputs', ended === undefined ? undefined : `${record.outputFiles} (${formatBytes(record.outputBytes)})`],
    ['Expires', expiryOf(record, now)],
    ['Failed in', record.failureStage],
    ['Failure', failureOf(record)],
    ...events.map((event): [string, string | undefined] => ['Now', describe(event)]),
  ];
  return lines.flatMap(([name, text]) => (text === undefined ? [] : [`${name.padEnd(12)} ${text}`])).join('\n');
}

function expiryOf({state, kept, expiresAt}: ExecutionRecord, now: number): string | undefined {
  if (expiresAt !== undefined) return `${expiresAt} (${formatExpiry(expiresAt, now)})`;
  return state === 'open' && kept !== true ? undefined : 'never';
}

function failureOf({failureCode, failureMessage}: ExecutionRecord): string | undefined {
  if (failureMessage === undefined) return failureCode;
  return printableText(`${failureMessage}${failureCode === undefined ? '' : ` (${failureCode})`}`);
}

function describe(event: ExecutionEvent): string | undefined {
  switch (event.event) {
    case 'stage':
      return `stage ${event.stage}`;
    case 'move':
      return formatProgressSentence(event.progress.direction === 'stage' ? 'staging' : 'collecting', event.progress);
    case 'run': {
      const {state, place, pid, stdoutBytes, stderrBytes} = event.progress;
      if (state === 'queued') return `queued${place === undefined ? '' : `, place ${place}`}`;
      const process = pid === undefined ? '' : ` as process ${pid}`;
      return `${state}${process}, wrote ${formatBytes(stdoutBytes)} to standard output, ${formatBytes(stderrBytes)} to standard error`;
    }
    case 'retrying':
      return printableText(`${event.stage}: attempt ${event.attempt}, because: ${event.reason}`);
    case 'ended':
      return undefined;
  }
}
