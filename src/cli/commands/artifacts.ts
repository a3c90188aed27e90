import {Command} from 'commander';
import type {ArtifactKind} from '../../contracts/artifacts.js';
import type {ArtifactSearch} from '../../contracts/catalog.js';
import {parseCount, parseDuration} from '../amounts.js';
import type {CliContext} from '../context.js';
import {addConnectionOptions, DocumentedOption, type JsonFlag, jsonOption, parsed} from '../options.js';
import {plural} from '../run/sentences.js';
import {formatBytes} from '../terminal/bar.js';
import {withClient} from '../with-client.js';
import {formatOutput} from './outputs.js';

interface ArtifactsFlags extends JsonFlag {
  readonly target?: string;
  readonly type: ArtifactKind | 'any';
  readonly olderThan?: number;
  readonly youngerThan?: number;
  readonly expiresWithin?: number;
  readonly limit?: number;
}

const DEFAULT_LIMIT = 100;

export function artifactsCommand(context: CliContext): Command {
  const command = new Command('artifacts')
    .summary('files of all runs')
    .description(
      'Searches the files of all runs, the newest first, and prints each with its run. A PATTERN has * within a directory and ** across; one without a slash fits the name of a file wherever it lies.',
    )
    .argument('[pattern]', 'quoted, so that no shell expands it')
    .addOption(new DocumentedOption('--target <name>', 'of runs on this target', 'all'))
    .addOption(
      new DocumentedOption('--type <type>', 'input, output, log or any', 'output')
        .choices(['input', 'output', 'log', 'any'])
        .default('output'),
    )
    .addOption(parsed('--older-than <duration>', 'recorded longer ago', 'any age', parseDuration))
    .addOption(parsed('--younger-than <duration>', 'recorded since', 'any age', parseDuration))
    .addOption(parsed('--expires-within <duration>', 'what expires until then', 'any date', parseDuration))
    .addOption(parsed('--limit <n>', 'at most this many', String(DEFAULT_LIMIT), parseCount))
    .addOption(jsonOption('print one JSON object for each file'));
  addConnectionOptions(command);
  return command.action(async (pattern: string | undefined) => {
    const flags = command.opts<ArtifactsFlags>();
    await withClient(context, command, async (client, screen) => {
      const now = Date.now();
      let [count, bytes] = [0, 0];
      for await (const artifact of client.artifacts({...search(flags, pattern), limit: flags.limit ?? DEFAULT_LIMIT})) {
        count += 1;
        bytes += artifact.size;
        const line = `${artifact.executionId.padEnd(24)}  ${formatOutput(artifact, now)}`;
        await screen.result(flags.json === true ? JSON.stringify(artifact) : line);
      }
      if (flags.json !== true) screen.line(`${plural(count, 'file')}, ${formatBytes(bytes)}`);
    });
  });
}

function search(flags: ArtifactsFlags, pattern: string | undefined): ArtifactSearch {
  const {target, type, olderThan, youngerThan, expiresWithin} = flags;
  return {
    ...(pattern === undefined ? {} : {pattern}),
    ...(target === undefined ? {} : {target}),
    ...(type === 'any' ? {} : {kind: type}),
    ...(olderThan === undefined ? {} : {olderThanMs: olderThan}),
    ...(youngerThan === undefined ? {} : {youngerThanMs: youngerThan}),
    ...(expiresWithin === undefined ? {} : {expiresWithinMs: expiresWithin}),
  };
}
