import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {capture} from '../../test/cli/captured-context.js';
import {DocumentedOption} from './options.js';
import {createProgram, everyCommand} from './program.js';
import {cliReference} from './reference.js';
import {exited, ScriptedClient} from '../../test/cli/scripted-client.js';
import {VERSION} from './version.js';

const root = join(import.meta.dirname, '../..');
const {context} = capture(new ScriptedClient({result: async () => exited(0)}));
const program = createProgram(context, () => undefined);

describe('docs/cli.md', () => {
  it('is up to date (npm run docs:generate)', async () => {
    expect(await readFile(join(root, 'docs/cli.md'), 'utf8')).toBe(cliReference(program));
  });

  it.each([...everyCommand(program)].map((command) => [command.name(), command] as const))(
    'has every option of %s, as its --help has, with its default',
    async (_name, command) => {
      const page = await readFile(join(root, 'docs/cli.md'), 'utf8');
      const help = command.helpInformation().replace(/\s+/g, ' ');
      for (const option of command.options.filter(({long}) => long !== '--version')) {
        if (!(option instanceof DocumentedOption)) throw new Error(`${option.flags} does not say its default`);
        expect(page).toContain(
          `| \`${option.flags.replaceAll('|', '\\|')}\` | ${option.meaning} | ${option.fallback} |`,
        );
        expect(help).toContain(`${option.flags} ${option.meaning} (default: ${option.fallback})`);
      }
    },
  );
});

it('knows its own version', async () => {
  expect(JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))).toMatchObject({version: VERSION});
});
