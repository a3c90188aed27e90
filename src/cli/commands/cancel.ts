import {Command} from 'commander';
import type {Found, WaybillClientApi} from '../../client/api.js';
import {summary as summaryOfBatch} from '../batch/batch-reporter.js';
import {COPY_AGAIN} from '../../contracts/transfer-progress.js';
import type {CliContext} from '../context.js';
import {summary} from '../copy/copy-reporter.js';
import {addConnectionOptions, DocumentedOption, type JsonFlag, jsonOption} from '../options.js';
import {withClient} from '../with-client.js';

interface CancelFlags extends JsonFlag {
  readonly detach?: true;
}

export function cancelCommand(context: CliContext): Command {
  const command = new Command('cancel')
    .summary('end a run or a batch and everything that it started, or a copy')
    .description(
      'Ends a run, or every run of a batch, and everything that it started on the target (TERM, some grace, KILL), or a copy, of which what has arrived stays; and waits until that is done.',
    )
    .argument('<id>', 'see `waybill list` and `waybill transfers`')
    .addOption(new DocumentedOption('--detach', 'ask for it and return at once', 'off'))
    .addOption(jsonOption('print the result as one JSON object'));
  addConnectionOptions(command);
  return command.action(async (id: string) => {
    const {detach, json} = command.opts<CancelFlags>();
    await withClient(context, command, async (client, screen) => {
      const found = await client.find(id);
      const cancelling = cancellingOf(client, id, found);
      if (found?.running !== false) await cancelling.cancel();
      if (detach === true) {
        if (json === true) await screen.result(JSON.stringify({[cancelling.idField]: id, outcome: 'cancelling'}));
        else screen.line(`Cancelling ${id}.`);
        return;
      }
      const {result, sentences} = await cancelling.end();
      if (json === true) await screen.result(JSON.stringify(result));
      else if (result.outcome !== 'cancelled') screen.line(`${id} had ended before: ${result.outcome}.`);
      else for (const sentence of [`Cancelled ${id}.`, ...sentences]) screen.line(sentence);
    });
  });
}

interface Cancelling {
  readonly idField: 'executionId' | 'transferId' | 'batchId';
  cancel(): Promise<void>;
  /** The result, and what is said of one that was cancelled. */
  end(): Promise<{readonly result: {readonly outcome: string}; readonly sentences: readonly string[]}>;
}

function cancellingOf(client: WaybillClientApi, id: string, found: Found | undefined): Cancelling {
  switch (found?.kind) {
    case 'batch':
      return cancelling('batchId', client.batch(id), (result) => [`${summaryOfBatch(result)}.`]);
    case 'transfer':
      return cancelling('transferId', client.transfer(id), (result) => [`${summary(result)}.`, COPY_AGAIN]);
    default:
      return cancelling('executionId', client.execution(id), () => []);
  }
}

function cancelling<Result extends {readonly outcome: string}>(
  idField: Cancelling['idField'],
  handle: {cancel(): Promise<void>; result(): Promise<Result>},
  sentencesOf: (result: Result) => readonly string[],
): Cancelling {
  return {
    idField,
    cancel: () => handle.cancel(),
    end: async () => {
      const result = await handle.result();
      return {result, sentences: sentencesOf(result)};
    },
  };
}
