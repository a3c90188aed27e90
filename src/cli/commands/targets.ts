import {Command} from 'commander';
import type {TargetCheck, TargetSummary} from '../../contracts/catalog.js';
import type {CliContext} from '../context.js';
import {EXIT, type Finish} from '../exit-codes.js';
import {addConnectionOptions, type JsonFlag, jsonOption} from '../options.js';
import type {Paint} from '../terminal/capabilities.js';
import {printable, printableText} from '../terminal/printable.js';
import {formatTable} from '../terminal/table.js';
import {withClient} from '../with-client.js';
import {trustCommand} from './trust.js';

export function targetsCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('targets')
    .summary('the machines that runs can be sent to, and the stores that copies reach')
    .description(
      "Lists the targets and stores of the worker's configuration. A store runs no commands: it has no workspace root.",
    )
    .enablePositionalOptions()
    .addOption(jsonOption('print one JSON object for each target'))
    .addCommand(checkCommand(context, finish))
    .addCommand(trustCommand(context, finish));
  addConnectionOptions(command);
  return command.action(async () => {
    const {json} = command.opts<JsonFlag>();
    await withClient(context, command, async (client, screen) => {
      const targets = await client.targets();
      if (json === true) for (const target of targets) await screen.result(JSON.stringify(target));
      else await screen.result(formatTargets(targets));
    });
  });
}

function checkCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('check')
    .summary('what a target or store can do, and what to do where it cannot')
    .description(
      'Connects to a target as a run would, or to a store as a copy would, and says what it found. Ends with 1 where a check failed.',
    )
    .argument('<name>', 'see `waybill targets`')
    .addOption(jsonOption('print one JSON object for each check'));
  addConnectionOptions(command);
  return command.action(async (name: string) => {
    const {json} = command.opts<JsonFlag>();
    await withClient(context, command, async (client, screen) => {
      const checks = await client.checkTarget(name);
      for (const check of checks) {
        await screen.result(
          json === true ? JSON.stringify(check) : formatCheck(check, screen.paint, screen.capabilities.unicode),
        );
      }
      if (checks.some((check) => check.outcome === 'failed')) finish(EXIT.checkFailed);
    });
  });
}

export function formatTargets(targets: readonly TargetSummary[]): string {
  return formatTable(
    ['NAME', 'KIND', 'ADDRESS', 'WORKSPACE ROOT', 'TASK QUEUE', 'AT ONCE'],
    targets.map((target) => [
      target.name,
      target.kind,
      printable(target.address),
      target.workspaceRoot === undefined ? '-' : printable(target.workspaceRoot),
      printable(target.taskQueue),
      target.maxConcurrentExecutions === undefined ? '-' : String(target.maxConcurrentExecutions),
    ]),
  );
}

const marks = {ok: ['green', '✓', '+'], warning: ['yellow', '!', '!'], failed: ['red', '✗', 'x']} as const;

export function formatCheck({name, outcome, detail, remedy}: TargetCheck, paint: Paint, unicode: boolean): string {
  const [style, mark, plain] = marks[outcome];
  const line = `${paint(style, unicode ? mark : plain)} ${printable(name)}: ${printableText(detail)}`;
  return remedy === undefined || outcome === 'ok' ? line : `${line}\n  ${printableText(remedy)}`;
}
