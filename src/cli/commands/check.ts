import {Command} from 'commander';
import {WaybillError} from '../../contracts/errors.js';
import type {CliContext} from '../context.js';
import {DocumentedOption, jsonOption, repeatable} from '../options.js';
import type {Finish} from '../program.js';

interface CheckFlags {
  readonly by: 'size' | 'time' | 'hash';
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly hidden?: true;
  readonly symlinks?: 'follow' | 'skip' | 'copy';
  readonly json?: true;
}

export function checkCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('check')
    .summary('compare what a copy would make with what is there')
    .description(
      "Compares SOURCE with DEST, named as for `waybill copy --direct`, and copies nothing. Runs in this process, with the worker's configuration. What is at DEST alone is not looked for. Ends with 1 where something is missing or differs.",
    )
    .argument('<places...>', 'SOURCE… DEST')
    .addOption(
      new DocumentedOption('--by <what>', 'beside the size compare: size, time, hash', 'hash')
        .choices(['size', 'time', 'hash'])
        .default('hash'),
    )
    .addOption(repeatable('--include <pattern>', 'only names that match; without a slash at any depth', 'everything'))
    .addOption(repeatable('--exclude <pattern>', 'leave out what matches, with everything below it'))
    .addOption(new DocumentedOption('--hidden', 'also names that begin with a dot, inside a tree', 'off'))
    .addOption(
      new DocumentedOption('--symlinks <choice>', 'as the copy had it: follow, skip, copy', 'as for copy').choices([
        'follow',
        'skip',
        'copy',
      ]),
    )
    .addOption(jsonOption('print one JSON object for each entry'));
  return command.action(async (places: readonly string[]) => {
    const {by, include, exclude, hidden, symlinks, json} = command.opts<CheckFlags>();
    const sources = places.slice(0, -1);
    const destination = places.at(-1);
    if (destination === undefined || sources.length === 0) {
      throw new WaybillError('input.invalid', 'check needs a SOURCE and a DEST', {remedy: 'See `waybill help check`.'});
    }
    const {checkDirectly} = await (await context.operator()).check();
    const selected = {include: [...include], exclude: [...exclude], hidden: hidden ?? false};
    finish(
      await checkDirectly(context, {
        ...{sources, destination, json: json ?? false},
        options: {by, ...selected, ...(symlinks === undefined ? {} : {symlinks})},
      }),
    );
  });
}
