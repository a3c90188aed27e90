import {Command} from 'commander';
import {artifactsCommand} from './commands/artifacts.js';
import {batchCommand} from './commands/batch.js';
import {cancelCommand} from './commands/cancel.js';
import {catCommand} from './commands/cat.js';
import {catalogCommand} from './commands/catalog.js';
import {checkCommand} from './commands/check.js';
import {chmodCommand} from './commands/chmod.js';
import {configCommand} from './commands/config.js';
import {copyCommand} from './commands/copy.js';
import {devCommand} from './commands/dev.js';
import {doctorCommand} from './commands/doctor.js';
import {downloadCommand} from './commands/download.js';
import {helpCommand} from './commands/help.js';
import {keepCommand} from './commands/keep.js';
import {listCommand} from './commands/list.js';
import {logsCommand} from './commands/logs.js';
import {lsCommand} from './commands/ls.js';
import {mkdirCommand} from './commands/mkdir.js';
import {mvCommand} from './commands/mv.js';
import {outputsCommand} from './commands/outputs.js';
import {retryCommand} from './commands/retry.js';
import {rmCommand} from './commands/rm.js';
import {runCommand} from './commands/run.js';
import {setupCommand} from './commands/setup.js';
import {sha256Command} from './commands/sha256.js';
import {statCommand} from './commands/stat.js';
import {statusCommand} from './commands/status.js';
import {targetsCommand} from './commands/targets.js';
import {transfersCommand} from './commands/transfers.js';
import {usageCommand} from './commands/usage.js';
import {waitCommand} from './commands/wait.js';
import {workerCommand} from './commands/worker.js';
import type {CliContext} from './context.js';
import type {Finish} from './exit-codes.js';
import {addConnectionOptions} from './options.js';
import {VERSION} from './version.js';

const HELP_WIDTH = 100;

/** The whole command line. Building it loads nothing that a command needs to do its work. */
export function createProgram(context: CliContext, finish: Finish): Command {
  const program = new Command('waybill')
    .description('Runs a command on a machine you name, its files there before and its results back after.')
    .version(VERSION, '--version', 'print the version')
    .enablePositionalOptions()
    .helpCommand(false);
  addConnectionOptions(program);
  const commands = [
    runCommand(context, finish),
    batchCommand(context, finish),
    listCommand(context),
    statusCommand(context),
    waitCommand(context, finish),
    logsCommand(context, finish),
    cancelCommand(context),
    retryCommand(context, finish),
    outputsCommand(context),
    downloadCommand(context, finish),
    artifactsCommand(context),
    keepCommand(context),
    usageCommand(context),
    copyCommand(context, finish),
    checkCommand(context, finish),
    transfersCommand(context),
    lsCommand(context),
    statCommand(context, finish),
    catCommand(context),
    sha256Command(context),
    mkdirCommand(context),
    mvCommand(context),
    chmodCommand(context),
    rmCommand(context, finish),
    targetsCommand(context, finish),
    configCommand(context),
    setupCommand(context),
    doctorCommand(context, finish),
    catalogCommand(context, finish),
    devCommand(context, finish),
    workerCommand(context, finish),
    helpCommand(context),
  ];
  for (const command of commands) program.addCommand(command);
  program.addHelpText('after', '\nMore: waybill help COMMAND | exit-codes | environment | signals');
  for (const command of everyCommand(program)) prepare(command, context);
  return program;
}

export function* everyCommand(command: Command): Generator<Command> {
  yield command;
  for (const child of command.commands) yield* everyCommand(child);
}

function prepare(command: Command, {stdout, stderr}: CliContext): void {
  command
    .exitOverride()
    .helpOption('-h, --help', 'print this help')
    .configureHelp({helpWidth: HELP_WIDTH, optionDescription: (option) => option.description, showGlobalOptions: false})
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      // Reported once, in the form of every other failure.
      outputError: () => undefined,
    });
}
