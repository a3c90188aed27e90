import {Command} from 'commander';
import type {CliContext} from '../context.js';
import {EXIT, type Finish} from '../exit-codes.js';
import {addConnectionOptions, connectionOf, DocumentedOption, type JsonFlag, jsonOption} from '../options.js';
import {JsonReporter} from '../run/json-reporter.js';
import {rerunSentence} from '../run/sentences.js';
import {Screen} from '../terminal/screen.js';

interface LogsFlags extends JsonFlag {
  readonly follow?: true;
  readonly stderr?: true;
}

export function logsCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('logs')
    .summary('what the command wrote')
    .description('Prints what the command wrote to standard output, exactly, without gaps or repeats.')
    .argument('<id>', 'see `waybill list`')
    .addOption(
      new DocumentedOption(
        '-f, --follow',
        'go on until the command has ended, also with the run that replaces a lost one',
        'off',
      ),
    )
    .addOption(new DocumentedOption('--stderr', 'its standard error instead of its standard output', 'off'))
    .addOption(jsonOption('print chunks with stream and offset as JSON, one object a line'));
  addConnectionOptions(command);
  return command.action(async (id: string) => {
    const flags = command.opts<LogsFlags>();
    const screen = new Screen(context);
    const reporter = new JsonReporter(screen);
    const stream = flags.stderr === true ? 'stderr' : 'stdout';
    const stop = new AbortController();
    const client = await context.connect(connectionOf(command));
    const onInterrupt = () => {
      stop.abort();
      // A question that Temporal does not answer would be waited for.
      void client.close();
    };
    context.signals.on('SIGINT', onInterrupt);
    try {
      const chunks = client.execution(id).logs({streams: [stream], follow: flags.follow === true, signal: stop.signal});
      let generation: number | undefined;
      for await (const chunk of chunks) {
        // On standard error: what a pipe picks up is the command's alone.
        if (generation !== undefined && chunk.generation > generation) screen.line(rerunSentence(chunk.generation));
        generation = chunk.generation;
        // Either stream of the command is what was asked for here: it goes where a pipe picks it up.
        if (flags.json === true) await reporter.output(chunk);
        else await screen.output('stdout', chunk.data);
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    } finally {
      context.signals.off('SIGINT', onInterrupt);
      await client.close();
    }
    if (stop.signal.aborted) finish(EXIT.cancelled);
  });
}
