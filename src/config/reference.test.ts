import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {overrideName} from './environment.js';
import {configurationFields, configurationJsonSchema, type Field} from './fields.js';
import {parseConfigurationFile} from './file.js';
import {resolveConfiguration} from './load.js';
import {configurationReference} from './reference.js';

const docs = join(import.meta.dirname, '../../docs');

test('docs/configuration.md is up to date (npm run docs:generate)', async () => {
  expect(await readFile(join(docs, 'configuration.md'), 'utf8')).toBe(configurationReference());
});

test('the published JSON Schema is up to date (npm run docs:generate)', async () => {
  const published: unknown = JSON.parse(await readFile(join(docs, 'schemas/waybill.yaml.json'), 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(configurationJsonSchema())));
});

test('every field is described, and no two share a variable', () => {
  const variables: string[] = [];
  const visit = (field: Field, path: readonly string[]) => {
    expect(field.description, path.join('.')).toBeTruthy();
    for (const [name, property] of Object.entries(field.properties ?? {})) visit(property, [...path, name]);
    if (field.properties === undefined) variables.push(overrideName(path));
  };
  for (const [name, field] of Object.entries(configurationFields().properties ?? {})) visit(field, [name]);
  expect(new Set(variables).size).toBe(variables.length);
});

test('the example of the page is a configuration that loads', () => {
  const [, example = ''] = /```yaml\n(.*?)```/s.exec(configurationReference()) ?? [];
  const file = parseConfigurationFile('/etc/waybill/waybill.yaml', example);
  const {configuration} = resolveConfiguration(file, {HOME: '/home/user'}, '/');
  expect(configuration.targets['bigbox']).toMatchObject({kind: 'ssh', user: 'render'});
  expect(configuration.stores['archive']).toMatchObject({kind: 's3', bucket: 'render-archive', pathStyle: false});
});
