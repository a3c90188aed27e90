import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {contractSchemas} from './json-schema.js';

const directory = join(import.meta.dirname, '../../docs/schemas');
const schemas = contractSchemas();

describe('the published JSON Schemas', () => {
  it.each(Object.keys(schemas))('%s is current: `npm run schemas:generate`', async (name) => {
    expect(JSON.parse(await readFile(join(directory, `${name}.json`), 'utf8'))).toEqual(schemas[name]);
  });

  it('have no file that nothing generates', async () => {
    const names = (await readdir(directory)).filter((name) =>
      /^(?:execution|catalog|transfer|store|retention|tickets|batch)-/.test(name),
    );
    expect(names.sort()).toEqual(
      Object.keys(schemas)
        .map((name) => `${name}.json`)
        .sort(),
    );
  });

  it('demand of a caller what has no default, and no more', () => {
    expect(schemas['execution-input']).toMatchObject({type: 'object', required: ['command']});
  });

  it('take fields that a later version adds', () => {
    expect(JSON.stringify(schemas)).not.toContain('"additionalProperties":false');
  });
});
