import {Command, type Option} from 'commander';
import {WaybillError} from '../../contracts/errors.js';
import {parseCount, parseDuration, parseSize} from '../amounts.js';
import type {CliContext} from '../context.js';
import {type CopyFlags, copyOptions, requireLocations} from '../copy/copy-flags.js';
import type {Finish} from '../exit-codes.js';
import {
  addConnectionOptions,
  connectionOf,
  correlationOption,
  DocumentedOption,
  jsonOption,
  parsed,
  repeatable,
} from '../options.js';

const on = (flags: string, meaning: string, fallback = 'off') => new DocumentedOption(flags, meaning, fallback);

export function copyCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('copy')
    .summary('copy files between stores, proved and resumed')
    .description(
      "Copies files and trees. SOURCE and DEST are NAME:PATH, with a NAME of `waybill targets`, or with --direct also a PATH of this machine. A directory arrives under its own name below DEST, with a trailing slash its contents do; patterns in SOURCE need quotes. The copy is a workflow that goes on when the worker or this command dies; --direct does the same in this process, with the worker's configuration and without Temporal, and takes up what an interrupted one left.",
    )
    .argument('<places...>', 'SOURCE… DEST')
    .addOption(on('--direct', 'copy in this process, without Temporal'))
    .addOption(repeatable('--include <pattern>', 'only names that match; without a slash at any depth', 'everything'))
    .addOption(repeatable('--exclude <pattern>', 'leave out what matches, with everything below it'))
    .addOption(on('--hidden', 'also names that begin with a dot, inside a tree'))
    .addOption(
      choice(
        '--symlinks <choice>',
        'links inside a tree: follow, skip, copy',
        ['follow', 'skip', 'copy'],
        'follow on a local source, else skip',
      ),
    )
    .addOption(on('--no-recursive', 'only what lies directly in a source', 'recursive'))
    .addOption(
      choice(
        '--overwrite <when>',
        'replace what exists: always, never, newer, different',
        ['always', 'never', 'newer', 'different'],
        'always',
      ).default('always'),
    )
    .addOption(on('--no-overwrite', 'as --overwrite never', 'overwrite'))
    .addOption(on('--no-preserve-times', 'files get the present time', 'times are kept'))
    .addOption(on('--no-preserve-mode', '0644 and 0755 within the modes of the source', 'modes are kept'))
    .addOption(on('--preserve-owner', 'keep the numbers of user and group, which takes root at DEST', 'not kept'))
    .addOption(
      choice(
        '--verify <how>',
        'prove bytes by size, by hash, or hash both sides where they lie',
        ['size', 'hash', 'both'],
        'hash',
      ).default('hash'),
    )
    .addOption(on('--no-verify', 'claim nothing but that the bytes were counted', 'verify'))
    .addOption(on('--no-resume', 'begin unfinished files anew', 'resume'))
    .addOption(
      on('--no-atomic', 'remove a file over 8 MiB before its successor is sent, to need no room for both', 'atomic'),
    )
    .addOption(parsed('--retries <n>', 'attempts without progress that end the copy', '3', parseCount))
    .addOption(parsed('--timeout <duration>', 'end an attempt when no byte moved for so long', '60s', parseDuration))
    .addOption(parsed('--max-size <size>', 'leave out and report larger files', 'no limit', parseSize))
    .addOption(parsed('--chunk <size>', 'bytes of one read or write', 'what suits each store', parseSize))
    .addOption(parsed('--parallel <n>', 'large files under way at once', '4', parseCount))
    .addOption(
      parsed(
        '--connections <n>',
        'SSH connections to one server',
        '2, on a long line 4; at most what the configuration allows',
        parseCount,
      ),
    )
    .addOption(parsed('--limit-rate <size>', 'bytes a second at most', 'no limit', parseSize))
    .addOption(on('--dry-run', 'say what would be done'))
    .addOption(on('--fail-fast', 'stop at the first file that fails'))
    .addOption(on('--wait', 'wait for another copy that writes to the same place, instead of failing at once'))
    .addOption(on('--manifest <file>', "write every file's outcome and SHA-256 as JSON lines", 'none'))
    .addOption(on('--name <text>', 'what lists and the ID show', 'copy'))
    .addOption(correlationOption())
    .addOption(on('--detach', 'print the ID and return'))
    .addOption(jsonOption('print events as JSON, one object a line'));
  addConnectionOptions(command);
  return command.action(async (places: readonly string[]) => {
    const flags = command.opts<CopyFlags>();
    const sources = places.slice(0, -1);
    const destination = places.at(-1);
    if (destination === undefined || sources.length === 0) {
      throw new WaybillError('input.invalid', 'copy needs a SOURCE and a DEST', {remedy: 'See `waybill help copy`.'});
    }
    const order = {
      ...{sources, destination, options: copyOptions(flags), json: flags.json ?? false},
      ...(flags.manifest === undefined ? {} : {manifest: flags.manifest}),
    };
    if (flags.direct === true) {
      const {copyDirectly} = await (await context.operator()).copy();
      finish(await copyDirectly(context, order));
      return;
    }
    requireLocations(places);
    if (flags.manifest !== undefined && flags.detach === true) {
      throw new WaybillError('input.invalid', '--manifest is written at the end, which --detach does not wait for', {
        remedy: 'Later: `waybill transfers ID --outcomes --json`.',
      });
    }
    const {startCopy} = await import('../copy/start-copy.js');
    const names = {
      ...(flags.name === undefined ? {} : {label: flags.name}),
      ...(flags.correlationId === undefined ? {} : {correlationId: flags.correlationId}),
    };
    finish(await startCopy(context, connectionOf(command), {...order, ...names, detach: flags.detach ?? false}));
  });
}

function choice(flags: string, meaning: string, choices: readonly string[], fallback: string): Option {
  return new DocumentedOption(flags, meaning, fallback).choices(choices);
}
