import {Command} from 'commander';
import type {CliContext} from '../context.js';
import type {Finish} from '../exit-codes.js';
import {addConnectionOptions, connectionOf} from '../options.js';
import {addFollowOptions, type FollowFlags, followOptions} from '../run/follow-options.js';

export function waitCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('wait')
    .summary('take a run, a batch or a copy up again: output, exit status, download')
    .description(
      'Follows a run or a batch to its end as `waybill run` does, with all of its output, its downloads and its exit status; a copy as `waybill copy` does.',
    )
    .argument('<id>', 'see `waybill list` and `waybill transfers`');
  addFollowOptions(command);
  addConnectionOptions(command);
  return command.action(async (id: string) => {
    const options = followOptions(command.opts<FollowFlags>(), context.cwd);
    const {takeUp} = await import('../run/take-up.js');
    finish(await takeUp(context, connectionOf(command), {id, ...options}));
  });
}
