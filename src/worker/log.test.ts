import {execFile} from 'node:child_process';
import {closeSync, mkdtempSync, openSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {build} from 'esbuild';
import {expect, it, onTestFinished} from 'vitest';
import {createLog, temporalLogger} from './log.js';

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'waybill-log-'));
  onTestFinished(() => rmSync(directory, {recursive: true}));
  return directory;
}

it('keeps the tokens of activity tasks out of the log, whoever names them', () => {
  const lines: string[] = [];
  const log = createLog('debug', {write: (line) => void lines.push(line)});
  temporalLogger(log, 'debug').warn('Activity failed', {activityType: 'moveSegment', taskToken: 'c2VjcmV0'});
  log.error({task: {taskToken: 'c2VjcmV0'}}, 'nested');
  expect(lines).toHaveLength(2);
  expect(lines.join('')).toContain('moveSegment');
  expect(lines.join('')).not.toContain('c2VjcmV0');
});

it('goes on where its disk is full', async () => {
  const fd = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(fd));
  const log = createLog('info', fd);
  for (const line of ['one', 'two', 'three']) {
    log.info(line);
    await Promise.resolve();
  }
});

it('has every line of thousands that are logged in one go', async () => {
  const path = join(temporaryDirectory(), 'log');
  const fd = openSync(path, 'w');
  onTestFinished(() => closeSync(fd));
  const log = createLog('info', fd);
  for (let line = 0; line < 5000; line++) log.info({line, text: 'x'.repeat(500)});
  await Promise.resolve();
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines.map((text): unknown => JSON.parse(text))).toMatchObject(Array.from(lines, (_, line) => ({line})));
  expect(lines).toHaveLength(5000);
});

it('has what was logged right before the process ended', async () => {
  const outfile = join(temporaryDirectory(), 'logs.cjs');
  const contents = `import {createLog} from './src/worker/log.ts';
    createLog('info').info('the last line'); throw new Error('unforeseen');`;
  const stdin = {contents, resolveDir: process.cwd(), loader: 'ts'} as const;
  await build({stdin, outfile, bundle: true, format: 'cjs', platform: 'node', packages: 'external', logLevel: 'error'});
  const environment = {...process.env, NODE_PATH: join(process.cwd(), 'node_modules')};
  const said = await new Promise<string>((resolve) => {
    execFile(process.execPath, [outfile], {env: environment}, (_, __, stderr) => resolve(stderr));
  });
  expect(said).toContain('unforeseen');
  expect(said).toContain('"msg":"the last line"');
});
