import {CommanderError} from 'commander';
import type {CliContext} from './context.js';
import {EXIT} from './exit-codes.js';
import {formatFailure, reportOf} from './failure.js';
import type {JsonFlag} from './options.js';
import {createProgram} from './program.js';
import {requireUtf8} from './raw-arguments.js';
import {Screen} from './terminal/screen.js';

/** Runs one command line (`argv` without the interpreter and script) and answers with its exit status. */
export async function main(argv: readonly string[], context: CliContext): Promise<number> {
  let status: number = EXIT.ok;
  const program = createProgram(context, (code) => {
    status = code;
  });
  // Known once a command is found; a wrong option may come before that.
  let json = argv.slice(0, argv.indexOf('--') < 0 ? undefined : argv.indexOf('--')).includes('--json');
  program.hook('preAction', (_program, command) => {
    json = command.opts<JsonFlag>().json === true;
  });
  try {
    requireUtf8(argv, () => context.rawArguments?.(argv.length));
    await program.parseAsync([...argv], {from: 'user'});
    return status;
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help')) {
      return error.exitCode === 0 ? EXIT.ok : EXIT.failed;
    }
    const [command] = program.commands.map((known) => known.name()).filter((name) => name === argv[0]);
    return fail(error, json, context, command);
  }
}

async function fail(error: unknown, json: boolean, context: CliContext, command?: string): Promise<number> {
  const report = reportOf(error, command);
  const screen = new Screen(context);
  if (json) {
    const {code, message, remedy} = report;
    await screen.result(JSON.stringify({event: 'error', code, message, remedy}));
  } else {
    screen.line(formatFailure(report, screen.paint, screen.capabilities.unicode));
  }
  if ((context.environment['WAYBILL_DEBUG'] ?? '') !== '' && error instanceof Error) screen.line(error.stack ?? '');
  return report.exitCode;
}
