import type {Command} from 'commander';
import {exitCodeTable} from './exit-codes.js';
import {DocumentedOption} from './options.js';
import {everyCommand} from './program.js';
import {environmentTable, signalRules} from './topics.js';

const introduction = `# The command line

Client commands need nothing but Temporal's address. \`dev\`, \`worker\`, \`config\` and \`targets trust\` run where the worker's
configuration is. What a command line prints for a program to read goes to standard output, everything else that Waybill
says to standard error; the output of the command that is run goes to the stream that it was written to. Bars are drawn
where standard error is a terminal; elsewhere there are plain sentences, and JSON lines with \`--json\`. Control characters
in names are printed as escapes.

This page is made from the program: \`npm run docs:generate\`.
`;

const overwriting = `## Local files that an output would overwrite

An output is put at its own name below \`--out\`. Where a local file has that name already and the same content, nothing is
written. Where it holds what the run was given as an input, the output replaces it: nothing is lost. Any other file stays
as it is, and the output is put beside it under a name that is printed. \`waybill download --overwrite\` replaces it.
`;

/** docs/cli.md, whole. */
export function cliReference(program: Command): string {
  const commands = [...everyCommand(program)].filter((command) => command !== program);
  return [
    introduction,
    `## Before every command\n\n${optionTable(program)}`,
    ...commands.map(section),
    overwriting,
    `## Exit statuses\n\n${table(
      ['status', 'meaning'],
      exitCodeTable.map(({status, meaning}) => [status, meaning]),
    )}`,
    `## Signals\n\n${['```text', ...signalRules, '```'].join('\n')}\n`,
    `## Environment\n\n${table(
      ['variable', 'meaning'],
      environmentTable.map(({variable, meaning}) => [`\`${variable}\``, meaning]),
    )}`,
  ].join('\n');
}

function section(command: Command): string {
  const words: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) words.unshift(at.name());
  const usage = `\`\`\`text\n${words.join(' ')} ${command.usage()}\n\`\`\`\n`;
  const options = command.options.length === 0 ? '' : `\n${optionTable(command)}`;
  return `## ${words.join(' ')}\n\n${usage}\n${command.description()}\n${options}`;
}

function optionTable(command: Command): string {
  const rows = command.options.flatMap((option) =>
    option instanceof DocumentedOption ? [[`\`${option.flags}\``, option.meaning, option.fallback]] : [],
  );
  return table(['option', 'meaning', 'default'], rows);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `${[line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}
