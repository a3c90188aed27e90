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

const sending = `## Which files of this machine go along

- An argument that is an existing regular file, also as \`--flag=FILE\` and as \`key=FILE\` (\`dd if=FILE\`). A relative name keeps
  its relative path below the working directory of the command; an absolute path, or one with \`..\`, is put under
  \`inputs/\` and the argument is rewritten. Directories are not sent, and that is said; \`--input DIR\` or \`--workdir DIR\`
  sends them with everything in them, empty directories too. \`key=PATH\` is left alone where PATH is a directory, or an
  absolute path in a directory of the system (see below).
- COMMAND itself, where it is a script: it has a \`#!\` line, or one of the endings .py, .sh, .bash, .js, .mjs, .rb, .pl, .R. A name
  without a slash is a script only with such an ending; \`./NAME\` always is. One that is not executable is started with its interpreter.
- COMMAND, where it is another program that is named by a relative path with a slash, or lies below the current directory
  (or \`--workdir\`).
- Anything else is a command of the target. So is every absolute path into a directory of the system (/bin, /sbin, /lib…,
  /usr, /opt, /nix, /snap, /gnu, and on macOS /System, /Library, /Applications), script or not, unless it lies below the current
  directory, \`--workdir\` or your home: \`/usr/bin/ldd\` is a script here, and the target has its own.

An argument that is not valid UTF-8 is refused, since it could not be passed on as it is.
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
    sending,
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
