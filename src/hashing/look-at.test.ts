import {mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {lookAt} from './look-at.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-look-'));
});
afterEach(() => rm(directory, {recursive: true}));

const found = (fields: object): unknown => ({outcome: 'found', stats: expect.objectContaining(fields) as unknown});

it('answers for each name in order, follows no link, and says what is not there', async () => {
  await writeFile(join(directory, 'file'), 'abc');
  await mkdir(join(directory, 'a'));
  await symlink('file', join(directory, 'link'));
  const names = ['link', 'gone', 'file', 'a'].map((name) => Buffer.from(name));
  expect(await lookAt(Buffer.from(`${directory}/`), names)).toEqual([
    found({size: 4n}),
    expect.objectContaining({outcome: 'failed', code: 'ENOENT'}),
    found({size: 3n}),
    expect.objectContaining({outcome: 'found'}),
  ]);
});

it('finds names that are not UTF-8', async () => {
  const name = Buffer.from([0x66, 0xff, 0x0a]);
  await writeFile(Buffer.concat([Buffer.from(`${directory}/`), name]), 'abcd');
  expect(await lookAt(Buffer.from(`${directory}/`), [name])).toEqual([found({size: 4n})]);
});
