import {Command} from 'commander';
import type {Artifact} from '../../contracts/artifacts.js';
import type {CliContext} from '../context.js';
import {addConnectionOptions, connectionOf, type JsonFlag, jsonOption} from '../options.js';
import {plural} from '../run/sentences.js';
import {formatBytes} from '../terminal/bar.js';
import {printable} from '../terminal/printable.js';
import {Screen} from '../terminal/screen.js';

export function outputsCommand(context: CliContext): Command {
  const command = new Command('outputs')
    .summary('the files that a run has left')
    .description(
      'Lists the outputs of a run with their sizes: one a line, sizes first so that names may hold anything.',
    )
    .argument('<id>', 'see `waybill list`')
    .addOption(jsonOption('print one JSON object for each output'));
  addConnectionOptions(command);
  return command.action(async (id: string) => {
    const {json} = command.opts<JsonFlag>();
    const screen = new Screen(context);
    const client = await context.connect(connectionOf(command));
    try {
      let [count, bytes] = [0, 0];
      for await (const artifact of client.execution(id).outputs()) {
        count += 1;
        bytes += artifact.size;
        await screen.result(json === true ? JSON.stringify(artifact) : formatOutput(artifact));
      }
      if (json !== true) screen.line(`${plural(count, 'output')}, ${formatBytes(bytes)}`);
    } finally {
      await client.close();
    }
  });
}

export function formatOutput({type, name, size, linkTarget}: Artifact): string {
  if (type === 'directory') return `${'-'.padStart(9)}  ${printable(name)}/`;
  if (type === 'link') return `${'-'.padStart(9)}  ${printable(name)} -> ${printable(linkTarget ?? '?')}`;
  return `${formatBytes(size).padStart(9)}  ${printable(name)}`;
}
