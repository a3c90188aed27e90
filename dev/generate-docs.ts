import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {configurationJsonSchema} from '../src/config/fields.js';
import {configurationReference} from '../src/config/reference.js';

const docs = join(process.cwd(), 'docs');
await mkdir(join(docs, 'schemas'), {recursive: true});
await writeFile(join(docs, 'configuration.md'), configurationReference());
await writeFile(
  join(docs, 'schemas', 'waybill.yaml.json'),
  `${JSON.stringify(configurationJsonSchema(), undefined, 2)}\n`,
);
console.log('wrote docs/configuration.md and docs/schemas/waybill.yaml.json');
