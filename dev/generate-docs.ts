import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {capture} from '../test/cli/captured-context.js';
import {createProgram} from '../src/cli/program.js';
import {cliReference} from '../src/cli/reference.js';
import {exited, ScriptedClient} from '../test/cli/scripted-client.js';
import {configurationJsonSchema} from '../src/config/fields.js';
import {configurationReference} from '../src/config/reference.js';
import {withMeasured} from './docs/measured.js';

const docs = join(process.cwd(), 'docs');
await mkdir(join(docs, 'schemas'), {recursive: true});
await writeFile(join(docs, 'configuration.md'), configurationReference());
const {context} = capture(new ScriptedClient({result: async () => exited(0)}));
await writeFile(join(docs, 'cli.md'), cliReference(createProgram(context, () => undefined)));
await writeFile(
  join(docs, 'schemas', 'waybill.yaml.json'),
  `${JSON.stringify(configurationJsonSchema(), undefined, 2)}\n`,
);
const comparison = join(docs, 'comparison.md');
const results = await readFile(join('bench', 'RESULTS.md'), 'utf8');
await writeFile(comparison, withMeasured(await readFile(comparison, 'utf8'), results));
console.log(
  'wrote docs/configuration.md, docs/cli.md, docs/schemas/waybill.yaml.json and the measured rows of docs/comparison.md',
);
