import {resolve} from 'node:path';
import {Command} from 'commander';
import type {CliContext} from '../context.js';
import {EXIT, type Finish} from '../exit-codes.js';
import {addConnectionOptions, connectionOf, DocumentedOption, type JsonFlag, jsonOption} from '../options.js';
import {downloadInto} from '../run/finish.js';
import {HumanReporter} from '../run/human-reporter.js';
import {JsonReporter} from '../run/json-reporter.js';
import {Screen} from '../terminal/screen.js';

interface DownloadFlags extends JsonFlag {
  readonly out?: string;
  readonly overwrite?: true;
}

export function downloadCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('download')
    .summary('fetch outputs of a run')
    .description('Fetches the outputs of a run, or those that match a PATTERN. What was fetched in part is taken up.')
    .argument('<id>', 'see `waybill list`')
    .argument('[pattern...]', 'only outputs that match one of these, in quotes')
    .addOption(new DocumentedOption('--out <dir>', 'where outputs are put', 'the current directory'))
    .addOption(
      new DocumentedOption(
        '--overwrite',
        'replace local files that differ',
        'off: they stay, the output is put beside',
      ),
    )
    .addOption(jsonOption('print events as JSON, one object a line'));
  addConnectionOptions(command);
  return command.action(async (id: string, patterns: readonly string[]) => {
    const {out, overwrite, json} = command.opts<DownloadFlags>();
    const screen = new Screen(context);
    const reporter = json === true ? new JsonReporter(screen) : new HumanReporter(screen);
    const stop = new AbortController();
    const client = await context.connect(connectionOf(command));
    const onInterrupt = () => {
      stop.abort();
      // A question that Temporal does not answer would be waited for.
      void client.close();
    };
    context.signals.on('SIGINT', onInterrupt);
    try {
      const files = await downloadInto(client.execution(id), reporter, resolve(context.cwd, out ?? '.'), stop.signal, {
        ...(patterns.length === 0 ? {} : {patterns}),
        ...(overwrite === undefined ? {} : {overwrite}),
      });
      if (files.length === 0) {
        await reporter.note(patterns.length === 0 ? 'No outputs.' : 'No output matches.');
        if (patterns.length > 0) finish(EXIT.checkFailed);
      }
      if (files.some((file) => file.outcome === 'failed')) finish(EXIT.outputs);
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      await reporter.note(`Interrupted: the same command takes it up where it was.`);
      finish(EXIT.cancelled);
    } finally {
      context.signals.off('SIGINT', onInterrupt);
      await client.close();
    }
  });
}
