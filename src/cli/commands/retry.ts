import {resolve} from 'node:path';
import {Command} from 'commander';
import type {CliContext} from '../context.js';
import {EXIT, type Finish} from '../exit-codes.js';
import {addConnectionOptions, connectionOf, DocumentedOption, type JsonFlag, jsonOption} from '../options.js';
import {Screen} from '../terminal/screen.js';

interface RetryFlags extends JsonFlag {
  readonly out?: string;
  readonly detach?: true;
  readonly remoteOnly?: true;
}

export function retryCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('retry')
    .summary('run again from the stage that failed')
    .description(
      'Runs again from the stage that failed, under the same ID: what is staged stays, then follows as `wait` does.',
    )
    .argument('<id>', 'see `waybill list`')
    .addOption(new DocumentedOption('--detach', 'return once it is started', 'off'))
    .addOption(
      new DocumentedOption('--out <dir>', 'where outputs are put', 'where `run` was told, or the current directory'),
    )
    .addOption(new DocumentedOption('--remote-only', 'leave outputs in the store', 'as `run` was told'))
    .addOption(jsonOption('print events and output as JSON, one object a line'));
  addConnectionOptions(command);
  return command.action(async (id: string) => {
    const flags = command.opts<RetryFlags>();
    const connect = connectionOf(command);
    if (flags.detach === true) {
      await retryOnly(context, connect, id, flags.json === true);
      finish(EXIT.ok);
      return;
    }
    const {takeUp} = await import('../run/take-up.js');
    finish(
      await takeUp(context, connect, {
        id,
        ...(flags.out === undefined ? {} : {into: resolve(context.cwd, flags.out)}),
        ...(flags.remoteOnly === undefined ? {} : {remoteOnly: flags.remoteOnly}),
        json: flags.json ?? false,
        first: (handle) => handle.retry(),
      }),
    );
  });
}

async function retryOnly(
  context: CliContext,
  connect: ReturnType<typeof connectionOf>,
  id: string,
  json: boolean,
): Promise<void> {
  const screen = new Screen(context);
  const client = await context.connect(connect);
  try {
    await client.execution(id).retry();
    if (json) await screen.result(JSON.stringify({event: 'started', id}));
    else screen.line(`Running again. Follow it with: waybill wait ${id}`);
  } finally {
    await client.close();
  }
}
