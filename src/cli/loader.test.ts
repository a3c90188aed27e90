import {execFile} from 'node:child_process';
import {chmod, copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

const bundle = `
const {join} = require('node:path');
exports.runProcess = async (operator) => {
  const late = await operator();
  process.stdout.write(late.word + join('/a', 'b') + __filename.endsWith('waybill.cjs') + process.argv.slice(2));
  return {status: 7, clientUsed: process.argv.includes('client')};
};`;

describe('bin/waybill.cjs', () => {
  let home = '';
  let codes = '';
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'waybill-loader-'));
    codes = join(home, 'cache/waybill/code');
    await mkdir(join(home, 'bin'));
    await mkdir(join(home, 'dist/src/cli'), {recursive: true});
    await copyFile(join(root, 'bin/waybill.cjs'), join(home, 'bin/waybill.cjs'));
    await writeFile(join(home, 'dist/src/cli/waybill.cjs'), bundle);
    await writeFile(join(home, 'package.json'), '{"type": "module"}');
    await mkdir(join(home, 'dist/src/worker'));
    await writeFile(join(home, 'dist/src/worker/operator.cjs'), 'exports.operator = {word: "late"};');
  });
  afterEach(async () => {
    await rm(home, {recursive: true});
  });

  async function waybill(argument: string, environment: NodeJS.ProcessEnv = {XDG_CACHE_HOME: join(home, 'cache')}) {
    const result = run(process.execPath, [join(home, 'bin/waybill.cjs'), argument], {env: environment});
    await expect(result).rejects.toMatchObject({code: 7, stdout: `late/a/btrue${argument}`, stderr: ''});
  }

  it('keeps compiled code privately, once everything worth keeping was loaded', async () => {
    await waybill('other');
    await expect(stat(codes)).rejects.toThrow('ENOENT');
    await waybill('client');
    expect((await stat(codes)).mode & 0o777).toBe(0o700);
    const [name, ...more] = await readdir(codes);
    expect(more).toEqual([]);
    const file = join(codes, name ?? '');
    const first = await stat(file);
    expect(first.mode & 0o777).toBe(0o600);
    await waybill('client');
    expect((await stat(file)).ino).toBe(first.ino);
  });

  it.each([
    ['is damaged', (file: string) => writeFile(file, 'not code')],
    ['others can write', (file: string) => chmod(file, 0o666)],
  ])('makes a new one where the kept one %s', async (_what, spoil) => {
    await waybill('client');
    const file = join(codes, (await readdir(codes))[0] ?? '');
    const {ino} = await stat(file);
    await spoil(file);
    await waybill('client');
    const now = await stat(file);
    expect(now.ino).not.toBe(ino);
    expect(now.mode & 0o777).toBe(0o600);
  });

  it('works without a place for it', async () => {
    await waybill('client', {});
    await waybill('client', {XDG_CACHE_HOME: join(home, 'cache'), WAYBILL_CODE_CACHE: 'off'});
    await waybill('client', {XDG_CACHE_HOME: join(home, 'package.json')});
    await waybill('client', {HOME: join(home, 'no/such/home')});
    await expect(stat(join(home, 'no'))).rejects.toThrow('ENOENT');
    await expect(stat(codes)).rejects.toThrow('ENOENT');
  });
});
