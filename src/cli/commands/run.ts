import {resolve} from 'node:path';
import {Command, type Option} from 'commander';
import {WaybillError} from '../../contracts/errors.js';
import type {KeepFor} from '../../contracts/execution.js';
import {parseCount, parseDuration, parseKeep} from '../amounts.js';
import type {BatchRunOptions} from '../batch/start-batch.js';
import type {CliContext} from '../context.js';
import type {Finish} from '../exit-codes.js';
import {
  addConnectionOptions,
  connectionOf,
  correlationOption,
  DocumentedOption,
  jsonOption,
  parsed,
  repeatable,
} from '../options.js';
import type {RunOptions} from '../run/start.js';

interface RunFlags {
  readonly target: string;
  readonly input: readonly string[];
  readonly workdir?: string;
  readonly output: readonly string[];
  readonly require: readonly string[];
  readonly env: readonly string[];
  readonly secretEnv: readonly string[];
  readonly timeout?: number;
  readonly out?: string;
  readonly remoteOnly?: true;
  readonly detach?: true;
  readonly name?: string;
  readonly correlationId?: string;
  readonly onLost: 'fail' | 'rerun';
  readonly keep?: KeepFor;
  readonly keepOutput: readonly string[];
  readonly json?: true;
  readonly batch?: string;
  readonly parallel?: number;
}

export function runCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('run')
    .summary('run a command on a target, its input files there before and its outputs back after')
    .description(
      "Runs COMMAND on a target. Arguments that are existing regular files (also --flag=FILE and key=FILE) are sent along; a script is sent and started, anything else is looked up in the target's PATH, and so is a path into /usr, /bin, /opt and the like. Options end at COMMAND. Its standard output and error are streamed as they are written.",
    )
    .argument('<command>', 'a local script, or a command of the target')
    .argument('[args...]', 'its arguments, given exactly as they are')
    .passThroughOptions()
    .addOption(new DocumentedOption('--target <name>', 'where to run, see `waybill targets`', 'local').default('local'))
    .addOption(repeatable('--input <path|glob[=name]>', 'also send these files, =NAME puts one under that name'))
    .addOption(
      new DocumentedOption('--workdir <dir>', 'send everything in DIR that .waybillignore does not name', 'none'),
    )
    .addOption(repeatable('--output <pattern>', 'keep only outputs that match', 'every new or changed file'))
    .addOption(repeatable('--require <pattern>', 'fail unless at least one output matches'))
    .addOption(repeatable('--env <k=v>', 'set a variable of the command; not for secrets'))
    .addOption(repeatable('--secret-env <name>', "pass a secret that the worker's configuration allows"))
    .addOption(parsed('--timeout <duration>', 'end the command after 90s, 15m, 2h …', 'no limit', parseDuration))
    .addOption(
      new DocumentedOption(
        '--batch <pattern>',
        'run COMMAND once for each file that PATTERN matches, in quotes; {} in the arguments is the file, and its outputs go to a directory of its name',
        'off',
      ),
    )
    .addOption(parsed('--parallel <n>', 'with --batch: executions under way at once', '10', parseCount))
    .addOption(
      new DocumentedOption(
        '--out <dir>',
        'where outputs are put on this machine',
        'the current directory; with --batch outputs/',
      ),
    )
    .addOption(new DocumentedOption('--remote-only', 'leave outputs in the store', 'off'))
    .addOption(new DocumentedOption('--detach', 'print the ID and return once the inputs are sent', 'off'))
    .addOption(new DocumentedOption('--name <text>', 'what lists and the ID show', 'the command'))
    .addOption(correlationOption())
    .addOption(onLostOption())
    .addOption(
      parsed(
        '--keep <duration|forever>',
        'how long the run and its files are kept',
        "the worker's retention.days",
        parseKeep,
      ),
    )
    .addOption(repeatable('--keep-output <pattern=duration>', 'keep outputs that match for longer or shorter'))
    .addOption(jsonOption('print events and output as JSON, one object a line'));
  addConnectionOptions(command);
  return command.action(async (word: string, words: readonly string[]) => {
    const flags = command.opts<RunFlags>();
    const options = runOptions(flags, [word, ...words], context);
    if (flags.batch !== undefined) {
      const {startBatch} = await import('../batch/start-batch.js');
      finish(await startBatch(context, connectionOf(command), batchOptions(flags, flags.batch, options, context)));
      return;
    }
    if (flags.parallel !== undefined) {
      throw new WaybillError('input.invalid', '--parallel is about the executions of --batch');
    }
    const {start} = await import('../run/start.js');
    finish(await start(context, connectionOf(command), options));
  });
}

function batchOptions(
  {parallel, out}: RunFlags,
  pattern: string,
  options: RunOptions,
  {cwd}: Pick<CliContext, 'cwd'>,
): BatchRunOptions {
  const into = resolve(cwd, out ?? 'outputs');
  return {...options, into, pattern, ...(parallel === undefined ? {} : {parallel})};
}

function onLostOption(): Option {
  return new DocumentedOption('--on-lost <fail|rerun>', 'when the process is gone without an exit status', 'fail')
    .choices(['fail', 'rerun'])
    .default('fail');
}

export function runOptions(flags: RunFlags, command: readonly string[], {cwd}: Pick<CliContext, 'cwd'>): RunOptions {
  return {
    command,
    target: flags.target,
    inputs: flags.input,
    ...(flags.workdir === undefined ? {} : {workdir: resolve(cwd, flags.workdir)}),
    outputs: flags.output,
    required: flags.require,
    environment: Object.fromEntries(flags.env.map(parseVariable)),
    secrets: flags.secretEnv,
    ...(flags.timeout === undefined ? {} : {timeoutMs: flags.timeout}),
    into: resolve(cwd, flags.out ?? '.'),
    remoteOnly: flags.remoteOnly ?? false,
    detach: flags.detach ?? false,
    ...(flags.name === undefined ? {} : {label: flags.name}),
    ...(flags.correlationId === undefined ? {} : {correlationId: flags.correlationId}),
    onLost: flags.onLost,
    ...(flags.keep === undefined ? {} : {keepFor: flags.keep}),
    keepOutputs: flags.keepOutput.map(parseKeptOutput),
    json: flags.json ?? false,
  };
}

/** The pattern may hold `=`. */
function parseKeptOutput(text: string): {readonly pattern: string; readonly keepFor: KeepFor} {
  const at = text.lastIndexOf('=');
  if (at < 1) {
    throw new WaybillError('input.invalid', `--keep-output "${text}" is not PATTERN=DURATION`, {
      remedy: 'Write a pattern and how long: --keep-output "*.csv=90d".',
    });
  }
  return {pattern: text.slice(0, at), keepFor: parseKeep(text.slice(at + 1))};
}

function parseVariable(text: string): [string, string] {
  const at = text.indexOf('=');
  const name = text.slice(0, Math.max(0, at));
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new WaybillError('input.invalid', `--env "${text}" is not NAME=VALUE`, {
      remedy: 'Write --env NAME=VALUE, with a name that a shell accepts.',
    });
  }
  return [name, text.slice(at + 1)];
}
