import {Command} from 'commander';
import {WaybillError} from '../../contracts/errors.js';
import type {CliContext} from '../context.js';
import {concludeCheck, showChecked} from '../copy/check-report.js';
import {requireLocations} from '../copy/copy-flags.js';
import type {Finish} from '../exit-codes.js';
import {addConnectionOptions, DocumentedOption, jsonOption, repeatable} from '../options.js';
import {withPlaces} from '../places/with-places.js';

interface CheckFlags {
  readonly direct?: true;
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
      "Compares SOURCE with DEST, named as for `waybill copy`, and copies nothing. A worker compares, and tells the first few thousand entries that are not the same; --direct does it in this process, with the worker's configuration, also for paths of this machine, and tells all. What is at DEST alone is not looked for. Ends with 1 where something is missing or differs.",
    )
    .argument('<places...>', 'SOURCE… DEST')
    .addOption(new DocumentedOption('--direct', 'compare in this process, without Temporal', 'off'))
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
    .addOption(jsonOption('print one JSON object for each entry that is told'));
  addConnectionOptions(command);
  return command.action(async (places: readonly string[]) => {
    const {direct, by, include, exclude, hidden, symlinks, json} = command.opts<CheckFlags>();
    const sources = places.slice(0, -1);
    const destination = places.at(-1);
    if (destination === undefined || sources.length === 0) {
      throw new WaybillError('input.invalid', 'check needs a SOURCE and a DEST', {remedy: 'See `waybill help check`.'});
    }
    const selected = {include: [...include], exclude: [...exclude], hidden: hidden ?? false};
    const options = {by, ...selected, ...(symlinks === undefined ? {} : {symlinks})};
    if (direct === true) {
      const {checkDirectly} = await (await context.operator()).check();
      finish(await checkDirectly(context, {sources, destination, json: json ?? false, options}));
      return;
    }
    requireLocations(places);
    await withPlaces(context, command, async (stores, screen) => {
      const {counts, entries, omitted} = await stores.check({sources, destination, ...options});
      for (const entry of entries) await showChecked(screen, json ?? false, entry);
      if (omitted > 0) screen.line(`${omitted} more are not the same: --direct tells all.`);
      finish(concludeCheck(screen, json ?? false, counts));
    });
  });
}
