import {resolve} from 'node:path';
import {Command} from 'commander';
import type {CliContext} from '../context.js';
import type {Finish} from '../exit-codes.js';
import {addConnectionOptions, connectionOf, DocumentedOption, type JsonFlag, jsonOption} from '../options.js';

interface WaitFlags extends JsonFlag {
  readonly out?: string;
  readonly remoteOnly?: true;
}

export function waitCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('wait')
    .summary('take a run, a batch or a copy up again: output, exit status, download')
    .description(
      'Follows a run or a batch to its end as `waybill run` does, with all of its output, its downloads and its exit status; a copy as `waybill copy` does.',
    )
    .argument('<id>', 'see `waybill list` and `waybill transfers`')
    .addOption(
      new DocumentedOption('--out <dir>', 'where outputs are put', 'where `run` was told, or the current directory'),
    )
    .addOption(new DocumentedOption('--remote-only', 'leave outputs in the store', 'as `run` was told'))
    .addOption(jsonOption('print events and output as JSON, one object a line'));
  addConnectionOptions(command);
  return command.action(async (id: string) => {
    const {out, remoteOnly, json} = command.opts<WaitFlags>();
    const {takeUp} = await import('../run/take-up.js');
    finish(
      await takeUp(context, connectionOf(command), {
        id,
        ...(out === undefined ? {} : {into: resolve(context.cwd, out)}),
        ...(remoteOnly === undefined ? {} : {remoteOnly}),
        json: json ?? false,
      }),
    );
  });
}
