import {Command} from 'commander';
import type {WaybillClientApi} from '../../client/api.js';
import type {CliContext} from '../context.js';
import type {Finish} from '../exit-codes.js';
import {addConnectionOptions, connectionOf, DocumentedOption} from '../options.js';
import {addFollowOptions, type FollowFlags, followOptions} from '../run/follow-options.js';
import type {Screen} from '../terminal/screen.js';
import {withClient} from '../with-client.js';

interface RetryFlags extends FollowFlags {
  readonly detach?: true;
}

export function retryCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('retry')
    .summary('run again from the stage that failed')
    .description(
      'Runs again from the stage that failed, under the same ID: what is staged stays, then follows as `wait` does.',
    )
    .argument('<id>', 'see `waybill list`')
    .addOption(new DocumentedOption('--detach', 'return once it is started', 'off'));
  addFollowOptions(command);
  addConnectionOptions(command);
  return command.action(async (id: string) => {
    const flags = command.opts<RetryFlags>();
    if (flags.detach === true) {
      await withClient(context, command, (client, screen) => retryOnly(client, screen, id, flags.json === true));
      return;
    }
    const {takeUp} = await import('../run/take-up.js');
    finish(
      await takeUp(context, connectionOf(command), {
        id,
        ...followOptions(flags, context.cwd),
        first: (handle) => handle.retry(),
      }),
    );
  });
}

async function retryOnly(client: WaybillClientApi, screen: Screen, id: string, json: boolean): Promise<void> {
  await client.execution(id).retry();
  if (json) await screen.result(JSON.stringify({event: 'started', id}));
  else screen.line(`Running again. Follow it with: waybill wait ${id}`);
}
