import {Command} from 'commander';
import type {CliContext} from '../context.js';
import type {Finish} from '../exit-codes.js';
import {addConnectionOptions, connectionOf, DocumentedOption} from '../options.js';

interface WorkerFlags {
  readonly taskQueue?: string;
}

export function workerCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('worker')
    .summary('a worker alone')
    .description('Runs a worker with the configuration of this directory until it is told to end (Ctrl-C, SIGTERM).')
    .addOption(
      new DocumentedOption('--task-queue <name>', 'which queue it serves', 'temporal.taskQueue of the configuration'),
    );
  addConnectionOptions(command);
  return command.action(async () => {
    const {taskQueue} = command.opts<WorkerFlags>();
    const operator = await context.operator();
    const {work} = await operator.worker();
    finish(await work(context, {...connectionOf(command), ...(taskQueue === undefined ? {} : {taskQueue})}));
  });
}
