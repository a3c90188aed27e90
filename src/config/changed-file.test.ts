import {mkdir, mkdtemp, rm, utimes, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {watchConfigurationFile} from './changed-file.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-changed-'));
});
afterEach(() => rm(directory, {recursive: true}));

it('tells of a file that was written, made nearer by, or removed since', async () => {
  const outer = join(directory, 'waybill.yaml');
  const below = join(directory, 'below');
  await mkdir(below);
  await writeFile(outer, 'a: 1');
  const changed = watchConfigurationFile(below, {});
  expect(changed()).toBeUndefined();
  const inner = join(below, 'waybill.yaml');
  await writeFile(inner, 'a: 1');
  expect(changed()).toBe(inner);
  await rm(inner);
  expect(changed()).toBeUndefined();
  // An editor that keeps the size and an old time.
  await writeFile(outer, 'a: 2');
  await utimes(outer, 1, 1);
  expect(changed()).toBe(outer);
  await rm(outer);
  expect(changed()).toBe(outer);
});

it('looks at the file that the environment names, also before it is there', async () => {
  const named = join(directory, 'other.yaml');
  const changed = watchConfigurationFile(directory, {WAYBILL_CONFIG: 'other.yaml'});
  await writeFile(join(directory, 'waybill.yaml'), '');
  expect(changed()).toBeUndefined();
  await writeFile(named, '');
  expect(changed()).toBe(named);
});
