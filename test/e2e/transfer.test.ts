import {chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink, utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {CopyStart} from '../../src/client/api.js';
import type {TransferResult} from '../../src/contracts/transfer.js';
import {digests, makeInputs, sha256} from './corpus.js';
import {startTestStack, type TestStack} from './stack.js';
import {diskAndFar} from './targets.js';
import {waybillCommand} from './waybill-command.js';

let stack: TestStack;
let files: string;
const started: string[] = [];

beforeAll(async () => {
  stack = await startTestStack({
    more: diskAndFar,
    settings: 'transfer:\n  segmentFiles: 150\n  segmentsPerRun: 4\n',
  });
  files = join(stack.directory, 'files');
  await mkdir(files);
});

afterAll(async () => {
  await stack.close(started);
});

/** Every file of a test lies in a directory of its own. */
async function place(name: string): Promise<string> {
  const directory = join(files, name);
  await mkdir(join(directory, 'from'), {recursive: true});
  return directory;
}

async function copy(options: CopyStart): Promise<TransferResult> {
  const handle = await stack.client.copy(options);
  started.push(handle.id);
  return await handle.result();
}

const waybill = (cwd: string, args: readonly string[], whileItRuns?: (pid: number) => Promise<void>) =>
  waybillCommand(stack, cwd, args, whileItRuns === undefined ? {} : {whileItRuns});

async function leftovers(directory: string): Promise<readonly string[]> {
  return (await readdir(directory, {recursive: true})).filter((name) => name.includes('.waybill-transfer'));
}

/** What the system says of some names below a directory. */
function described(directory: string, names: readonly string[]) {
  return Promise.all(names.map((name) => stat(join(directory, name))));
}

const sizes = {'a.txt': 11, 'sub/large.bin': 20_000_000, 'sub/deep/small.bin': 5_000, 'empty.txt': 0};

describe('between stores', () => {
  it.each([
    ['disk', 'far'],
    ['far', 'disk'],
    ['far', 'far'],
    ['disk', 'disk'],
  ])('copies a tree from %s to %s, byte for byte, with times, modes and empty directories', async (from, to) => {
    const directory = await place(`pair-${from}-${to}`);
    await makeInputs(join(directory, 'from'), sizes);
    await mkdir(join(directory, 'from/nothing'));
    const dated = ['a.txt', 'sub/large.bin', 'sub'];
    for (const [index, name] of dated.entries()) {
      await chmod(join(directory, 'from', name), 0o750);
      await utimes(join(directory, 'from', name), 1_600_000_000 + index, 1_600_000_000 + index);
    }
    const result = await copy({sources: [`${from}:${directory}/from/`], destination: `${to}:${directory}/to`});
    expect(result).toMatchObject({
      outcome: 'succeeded',
      counts: {files: 4, copied: 4, failed: 0, bytes: 20_005_011, sentBytes: 20_005_011},
      manifest: {pages: 1},
    });
    expect(await digests(join(directory, 'to'))).toEqual(await digests(join(directory, 'from')));
    expect((await stat(join(directory, 'to/nothing'))).isDirectory()).toBe(true);
    expect((await described(join(directory, 'to'), dated)).map(({mode, mtimeMs}) => [mode & 0o7777, mtimeMs])).toEqual([
      [0o750, 1_600_000_000_000],
      [0o750, 1_600_000_001_000],
      [0o750, 1_600_000_002_000],
    ]);
    expect(await leftovers(directory)).toEqual([]);
    const manifest = await readFile(join(stack.storeRoot, `${result.manifest?.prefix ?? ''}000000.ndjson`), 'utf8');
    expect(manifest).toContain(await sha256(join(directory, 'from/sub/large.bin')));
  });
});

describe('when things die', () => {
  it('goes on where it was after the worker was killed, and sends no proved byte again', async () => {
    const directory = await place('killed');
    await makeInputs(join(directory, 'from'), {large: 150_000_000, small: 1_000});
    const handle = await stack.client.copy({
      sources: [`disk:${directory}/from/large`, `disk:${directory}/from/small`],
      destination: `far:${directory}/to`,
      options: {limitRate: 40_000_000},
    });
    started.push(handle.id);
    let killed = false;
    for await (const event of handle.progress()) {
      if (event.event !== 'progress' || killed || event.progress.bytesDone < 50_000_000) continue;
      killed = true;
      await stack.killWorker();
    }
    const result = await handle.result();
    expect(killed).toBe(true);
    expect(result).toMatchObject({outcome: 'succeeded', counts: {resumed: 1, failed: 0}});
    expect(result.counts.resumedBytes).toBeGreaterThan(30_000_000);
    expect(await digests(join(directory, 'to'))).toEqual(await digests(join(directory, 'from')));
    expect(await leftovers(directory)).toEqual([]);
  });

  it('leaves nothing unfinished behind when it is cancelled, and counts what had arrived', async () => {
    const directory = await place('cancelled');
    await makeInputs(join(directory, 'from'), {large: 80_000_000, small: 1_000});
    const copying = ['copy', '--limit-rate', '5MB', '--detach', `disk:${directory}/from/`, `far:${directory}/to`];
    const id = (await waybill(directory, copying)).stdout.trim();
    started.push(id);
    await expect.poll(() => readdir(join(directory, 'to')).catch(() => [])).toContain('small');
    const shown = () => waybill(directory, ['transfers', id]);
    await expect
      .poll(async () => (await shown()).stdout)
      .toMatch(new RegExp(`^${id}: 1 of 2 files, [\\d.]+ MB of 80 MB, [\\d.]+ MB/s, 0:\\d\\d left\\n$`));
    const waiting = waybill(directory, ['wait', id]);
    const cancelled = await waybill(directory, ['cancel', id]);
    expect(cancelled).toMatchObject({status: 0});
    expect(cancelled.stderr).toMatch(/Cancelled copy-\w+\.\nCopied 1 file \(1 kB sent\)/);
    expect(cancelled.stderr).toContain('`--overwrite different` sends only what is missing');
    expect(await waiting).toMatchObject({status: 130, stderr: expect.stringContaining('Copied 1 file') as string});
    expect(await readdir(join(directory, 'to'))).toEqual(['small']);
    const listed = await waybill(directory, ['transfers', '--json']);
    expect(listed.stdout.split('\n').find((line) => line.includes(id))).toContain(
      `"sources":["disk:${directory}/from/"],"destination":"far:${directory}/to"`,
    );
    expect((await waybill(directory, ['retry', id])).stderr).toContain('is a copy, not a run');
    expect((await waybill(directory, ['wait', 'no-such-copy'])).stderr).toContain('execution.not-found');
  });
});

describe('large trees', () => {
  it('copies 5,000 small files in segments and several runs, one of them under a kill', async () => {
    const directory = await place('many');
    for (let group = 0; group < 50; group++) {
      await mkdir(join(directory, 'from', `${group}`), {recursive: true});
      await Promise.all(
        Array.from({length: 100}, (_, file) =>
          writeFile(join(directory, 'from', `${group}`, `${file}`), `${group}.${file}`, {
            mode: file % 10 === 0 ? 0o755 : 0o644,
          }),
        ),
      );
    }
    const handle = await stack.client.copy({sources: [`disk:${directory}/from/`], destination: `far:${directory}/to`});
    started.push(handle.id);
    for (;;) {
      await delay(200);
      const done = await handle.state().catch(() => undefined);
      if ((done?.counts.entries ?? 0) > 400) break;
    }
    await stack.killWorker();
    const result = await handle.result();
    expect(result).toMatchObject({outcome: 'succeeded', counts: {entries: 5_050, files: 5_000, failed: 0}});
    expect(await digests(join(directory, 'to'))).toEqual(await digests(join(directory, 'from')));
    const names = Array.from({length: 50}, (_, group) => [`${group}/0`, `${group}/1`]).flat();
    const modes = async (side: string) => (await described(join(directory, side), names)).map(({mode}) => mode);
    expect(await modes('to')).toEqual(await modes('from'));
    expect(await leftovers(directory)).toEqual([]);
  });
});

describe('options', () => {
  it('plans without a trace in a dry run', async () => {
    const directory = await place('dry');
    await makeInputs(join(directory, 'from'), {a: 10, b: 20});
    const result = await copy({
      sources: [`disk:${directory}/from/*`],
      destination: `far:${directory}/to`,
      options: {dryRun: true},
    });
    expect(result).toMatchObject({outcome: 'succeeded', dryRun: true, counts: {files: 2, bytes: 30, sentBytes: 0}});
    expect(await readdir(directory)).toEqual(['from']);
  });

  it('replaces, keeps or compares what is there, across an SSH server', async () => {
    const directory = await place('overwrite');
    const from = join(directory, 'from');
    await makeInputs(from, {same: 100, other: 100});
    const request = {sources: [`disk:${from}/`], destination: `far:${directory}/to`};
    await copy(request);
    await writeFile(join(from, 'other'), 'changed');
    expect(await copy({...request, options: {overwrite: 'never'}})).toMatchObject({counts: {skipped: 2, copied: 0}});
    expect(await copy({...request, options: {overwrite: 'different'}})).toMatchObject({
      counts: {skipped: 1, copied: 1},
    });
    expect(await readFile(join(directory, 'to/other'), 'utf8')).toBe('changed');
  });

  it('takes what is included, leaves out what is excluded and hidden, and treats links as told', async () => {
    const directory = await place('select');
    const from = join(directory, 'from');
    await makeInputs(from, {'a.csv': 5, 'b.log': 5, 'tmp/c.csv': 5, '.hidden.csv': 5});
    await symlink('a.csv', join(from, 'link.csv'));
    const request = {sources: [`far:${from}/`], options: {include: ['*.csv'], exclude: ['tmp']}};
    const skipped = await copy({...request, destination: `disk:${directory}/skip`});
    const copied = await copy({
      ...request,
      destination: `disk:${directory}/copy`,
      options: {...request.options, symlinks: 'copy', hidden: true},
    });
    expect(await readdir(join(directory, 'skip'))).toEqual(['a.csv']);
    expect(skipped.warnings).toMatchObject([{name: 'link.csv', code: 'link.not-followed'}]);
    expect((await readdir(join(directory, 'copy'))).sort()).toEqual(['.hidden.csv', 'a.csv', 'link.csv']);
    expect(await readlink(join(directory, 'copy/link.csv'))).toBe('a.csv');
    expect(copied.leftOut).toBe(0);
    expect((await lstat(join(directory, 'copy/a.csv'))).isFile()).toBe(true);
  });

  it.each([
    ['disk', 'far'],
    ['far', 'disk'],
  ])('fails by name for a file that cannot be written from %s to %s, and copies the others', async (from, to) => {
    const directory = await place(`partly-${from}`);
    await makeInputs(join(directory, 'from'), {one: 5, two: 5});
    await mkdir(join(directory, 'to/one/inside'), {recursive: true});
    const result = await copy({sources: [`${from}:${directory}/from/`], destination: `${to}:${directory}/to`});
    expect(result).toMatchObject({
      outcome: 'failed',
      counts: {copied: 1, failed: 1},
      failures: [{name: 'one', code: 'store.is-a-directory'}],
    });
    expect((await readdir(join(directory, 'to'))).sort()).toEqual(['one', 'two']);
    expect(await leftovers(directory)).toEqual([]);
  });

  it('refuses places outside of the allowed roots before anything is looked at', async () => {
    expect(await copy({sources: ['disk:/etc/passwd'], destination: `far:${files}/x`})).toMatchObject({
      outcome: 'failed',
      failure: {code: 'target.not-allowed'},
    });
    expect(await copy({sources: [`disk:${files}/../../etc/passwd`], destination: `far:${files}/x`})).toMatchObject({
      failure: {code: 'target.not-allowed'},
    });
    await expect(copy({sources: ['nowhere:/x'], destination: `far:${files}/x`})).resolves.toMatchObject({
      failure: {code: 'target.unknown'},
    });
    expect(await copy({sources: [`disk:${files}/nothing`], destination: `far:${files}/x`})).toMatchObject({
      failure: {code: 'store.not-found', message: `there is nothing at disk:${files}/nothing`},
    });
  });
});

describe('the command line', () => {
  it('copies as a workflow, says how it went, and shows it afterwards', async () => {
    const directory = await place('command');
    await makeInputs(join(directory, 'from'), {a: 1_000, b: 2_000});
    const end = await waybill(directory, [
      'copy',
      '--name',
      'nightly',
      `disk:${directory}/from/`,
      `far:${directory}/to`,
    ]);
    expect(end).toMatchObject({status: 0, stdout: ''});
    expect(end.stderr).toMatch(/Copied 2 files \(3 kB sent\) in 0:0\d/);
    const id = /Copy (nightly-\w+)/.exec(end.stderr)?.[1] ?? '';
    started.push(id);
    expect(await digests(join(directory, 'to'))).toEqual(await digests(join(directory, 'from')));
    expect((await waybill(directory, ['transfers', id])).stderr).toContain('Copied 2 files');
    await expect.poll(async () => (await waybill(directory, ['transfers'])).stdout).toContain(id);
  });

  it('copies between this machine and an SSH server in this process, with --direct', async () => {
    const directory = await place('direct');
    await makeInputs(join(directory, 'from'), {'a.txt': 1_000, 'sub/b.txt': 2_000});
    const up = await waybill(directory, [
      'copy',
      '--direct',
      '--manifest',
      'm.ndjson',
      'from/',
      `far:${directory}/up/`,
    ]);
    expect(up).toMatchObject({status: 0, stdout: ''});
    expect(up.stderr).toContain('Copied 2 files (3 kB sent)');
    const down = await waybill(directory, ['copy', '--direct', '--json', `far:${directory}/up/**/*.txt`, 'down']);
    expect(down.status).toBe(0);
    const events = down.stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(events[0]).toMatchObject({event: 'started', files: 2, bytes: 3_000});
    expect(down.stdout).toMatch(/^\{"event":"progress",.*"sentBytes":3000/m);
    expect(events.at(-1)).toMatchObject({event: 'ended', result: {outcome: 'succeeded', counts: {copied: 2}}});
    expect(await digests(join(directory, 'up'))).toEqual(await digests(join(directory, 'from')));
    expect((await readdir(join(directory, 'down'))).sort()).toEqual(['a.txt', 'b.txt']);
    expect(await readFile(join(directory, 'm.ndjson'), 'utf8')).toContain(await sha256(join(directory, 'from/a.txt')));
    expect(await leftovers(directory)).toEqual([]);
  });

  it('takes up with --direct what a kill -9 left', async () => {
    const directory = await place('direct-killed');
    await makeInputs(join(directory, 'from'), {large: 60_000_000});
    const args = ['copy', '--direct', '--limit-rate', '30MB', 'from/large', `far:${directory}/to/`];
    const killed = await waybill(directory, args, async (pid) => {
      for (;;) {
        await delay(20);
        const partial = (await leftovers(directory)).find((name) => name.endsWith('.partial'));
        if (partial !== undefined && (await stat(join(directory, partial))).size > 30_000_000) break;
      }
      process.kill(pid, 'SIGKILL');
    });
    expect(killed.status).toBeNull();
    expect(await lstat(join(directory, 'to/large')).catch(() => 'not there')).toBe('not there');
    const again = await waybill(directory, args);
    expect(again).toMatchObject({status: 0});
    expect(again.stderr).toMatch(/1 resumed, \d+(\.\d)? MB not sent again/);
    expect(await digests(join(directory, 'to'))).toEqual(await digests(join(directory, 'from')));
    expect(await leftovers(directory)).toEqual([]);
  });

  it('refuses a path of its own machine without --direct, and says what to do', async () => {
    const end = await waybill(files, ['copy', 'x', `far:${files}/y`]);
    expect(end.status).toBe(125);
    expect(end.stderr).toContain('--direct');
  });

  it('ends with 120 where a file failed', async () => {
    const directory = await place('status');
    await makeInputs(join(directory, 'from'), {one: 5, two: 5});
    await mkdir(join(directory, 'to/one/inside'), {recursive: true});
    const end = await waybill(directory, ['copy', '--direct', 'from/', 'to']);
    expect(end.status).toBe(120);
    expect(end.stderr).toContain('one: ');
    expect(end.stderr).toContain('1 failed');
  });
});
