import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {contractSchemas} from '../src/contracts/json-schema.js';

const directory = join(process.cwd(), 'docs', 'schemas');
await mkdir(directory, {recursive: true});
for (const [name, schema] of Object.entries(contractSchemas())) {
  await writeFile(join(directory, `${name}.json`), `${JSON.stringify(schema, undefined, 2)}\n`);
  console.log(`wrote docs/schemas/${name}.json`);
}
