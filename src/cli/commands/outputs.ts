import {Command} from 'commander';
import type {Artifact} from '../../contracts/artifacts.js';
import {formatDuration} from '../amounts.js';
import type {CliContext} from '../context.js';
import {addConnectionOptions, type JsonFlag, jsonOption} from '../options.js';
import {plural} from '../run/sentences.js';
import {formatBytes} from '../terminal/bar.js';
import {expiresSoon, expiryWarning, formatExpiry} from '../terminal/expiry.js';
import {printable} from '../terminal/printable.js';
import {withClient} from '../with-client.js';

export function outputsCommand(context: CliContext): Command {
  const command = new Command('outputs')
    .summary('the files that a run has left')
    .description(
      'Lists the outputs of a run: size, age, when it expires, type and name, one a line, the name last so that it may hold anything. The total comes at the end, and a warning where something expires within 4 days.',
    )
    .argument('<id>', 'see `waybill list`')
    .addOption(jsonOption('print one JSON object for each output'));
  addConnectionOptions(command);
  return command.action(async (id: string) => {
    const {json} = command.opts<JsonFlag>();
    await withClient(context, command, async (client, screen) => {
      const now = Date.now();
      let [count, bytes, soon] = [0, 0, 0];
      for await (const artifact of client.execution(id).outputs()) {
        count += 1;
        bytes += artifact.size;
        if (expiresSoon(artifact, now)) soon += 1;
        await screen.result(json === true ? JSON.stringify(artifact) : formatOutput(artifact, now));
      }
      if (json !== true) screen.line(`${plural(count, 'output')}, ${formatBytes(bytes)}`);
      if (soon > 0 && json !== true) screen.line(expiryWarning(plural(soon, 'output'), id));
    });
  });
}

const TYPE_WIDTH = 24;

/** Of the same width whatever comes: a line is written as soon as its artifact is known. */
export function formatOutput(artifact: Artifact, now: number): string {
  const {type, name, size, linkTarget, createdAt, expiresAt, contentType} = artifact;
  const columns = [
    (type === 'file' ? formatBytes(size) : '-').padStart(9),
    formatDuration(now - Date.parse(createdAt)).padStart(10),
    formatExpiry(expiresAt, now).padEnd(13),
    (type === 'file' ? printable(contentType) : type).padEnd(TYPE_WIDTH),
  ];
  const shown = {
    file: printable(name),
    directory: `${printable(name)}/`,
    link: `${printable(name)} -> ${printable(linkTarget ?? '?')}`,
  };
  return `${columns.join('  ')}  ${shown[type]}`;
}
