import {mkdir, readdir, stat, utimes} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type Dropbear, startDropbear} from '../servers/dropbear.js';
import {startToxiproxy, type Toxiproxy} from '../servers/toxiproxy.js';
import {digests, makeInputs} from '../e2e/corpus.js';
import {FaultJobs, MIB, partialOf} from '../e2e/fault-job.js';
import {makeNamed} from '../e2e/hostile-job.js';
import {startTestStack, type TestStack} from '../e2e/stack.js';
import {waybillCommand} from '../e2e/waybill-command.js';

let stack: TestStack;
let dropbear: Dropbear;
let line: Toxiproxy;
let jobs: FaultJobs;
let files = '';

beforeAll(async () => {
  dropbear = await startDropbear();
  stack = await startTestStack({
    sshd: {sftp: 'off'},
    line: async (port) => {
      line = await startToxiproxy(port);
      return line.port;
    },
    more: (_, directory) => `  bear:
    kind: ssh
    host: 127.0.0.1
    port: ${dropbear.port}
    user: ${dropbear.user}
    identityFile: ${dropbear.identityFile}
    knownHostsFile: ${dropbear.knownHostsFile}
    sshConfigFile: /nonexistent
    workspaceRoot: ${directory}/bear
    roots: [${directory}/files]
  disk:
    kind: local
    roots: [${directory}/files]
`,
  });
  files = join(stack.directory, 'files');
  await mkdir(files);
  jobs = await FaultJobs.open(stack, [join(stack.directory, 'bear')]);
});
afterAll(async () => {
  await jobs.close();
  await line.close();
  await dropbear.close();
});

const waybill = (args: readonly string[]) => waybillCommand(stack, stack.directory, args, {});

describe('servers without SFTP', () => {
  it.each(['gpu', 'bear'])('are told as such: %s', async (target) => {
    const {stdout, status} = await waybill(['targets', 'check', target]);
    expect(stdout).toContain('by scp and shell commands');
    expect(status).toBe(0);
  });

  it.each(['gpu', 'bear'])('run commands on files of any name, with empty directories: %s', async (target) => {
    const names = [
      'plain',
      '-n',
      'it\'s; $(id) `id` "x" & | \\ *',
      'two\nlines',
      ' leading and trailing ',
      'früh/Ü/日本語/🚢',
      '.hidden/.too',
      'sub/$HOME/~',
    ];
    const id = `scp-names-${target}`;
    const inputs = join(jobs.directory, id);
    const made = await makeNamed(join(inputs, 'in'), names);
    const job = await jobs.start(id, {
      target,
      files: {'large.bin': 20 * MIB},
      more: {inputs: [...names, 'large.bin'].map((name) => ({name: `in/${name}`, path: join(inputs, 'in', name)}))},
      script: 'cp -Rp in out; mkdir out/nothing; chmod 750 out/plain; TZ=UTC0 touch -t 202001020304.05 out/plain',
    });
    const result = await job.handle.result();
    expect(result, JSON.stringify(result)).toMatchObject({outcome: 'succeeded', starts: 1});
    const into = join(jobs.directory, `${id}-out`);
    await job.handle.download({into});
    expect(await digests(join(into, 'out'))).toEqual(await digests(join(inputs, 'in')));
    expect((await readdir(join(into, 'out'))).length).toBeGreaterThan(made.size / 2);
    expect((await stat(join(into, 'out/nothing'))).isDirectory()).toBe(true);
    const {mode, mtimeMs} = await stat(join(into, 'out/plain'));
    expect([(mode & 0o777).toString(8), new Date(mtimeMs).toISOString()]).toEqual(['750', '2020-01-02T03:04:05.000Z']);
    await jobs.expectNothingLeft(job);
  });

  it.each([
    ['disk', 'bear'],
    ['bear', 'disk'],
  ])('take and give a tree with modes and times, and tell how far it is: %s to %s', async (from, to) => {
    const directory = join(files, `${from}-${to}`);
    await makeInputs(join(directory, 'from'), {'a/large': 30_000_000, 'a/b/small': 5_000, empty: 0});
    await mkdir(join(directory, 'from/nothing'));
    await utimes(join(directory, 'from/a/b/small'), 1_600_000_000, 1_600_000_000);
    await utimes(join(directory, 'from/a'), 1_500_000_000, 1_500_000_000);
    const handle = await stack.client.copy({
      sources: [`${from}:${directory}/from/`],
      destination: `${to}:${directory}/to`,
      options: {limitRate: 12_000_000},
    });
    jobs.started.push(handle.id);
    const told: number[] = [];
    for await (const event of handle.progress()) if (event.event === 'progress') told.push(event.progress.bytesDone);
    expect(await handle.result()).toMatchObject({outcome: 'succeeded', counts: {files: 3, copied: 3, failed: 0}});
    expect(told.some((bytes) => bytes > 0 && bytes < 30_000_000)).toBe(true);
    expect(await digests(join(directory, 'to'))).toEqual(await digests(join(directory, 'from')));
    const modesAndTimes = (name: string) =>
      stat(join(directory, name)).then(({mode, mtimeMs}) => [mode, Math.floor(mtimeMs / 1000)]);
    for (const name of ['a', 'a/b/small', 'nothing', 'a/large']) {
      expect(await modesAndTimes(`to/${name}`), name).toEqual(await modesAndTimes(`from/${name}`));
    }
  });
});

describe('what breaks off without SFTP', () => {
  it('goes on from what was proved after the worker was killed with -9', async () => {
    const job = await jobs.start('scp-killed', {target: 'bear', files: {'a.bin': 60 * MIB, small: 100}});
    await partialOf(join(stack.directory, 'bear', job.id, 'g1/staging'), 20 * MIB);
    await stack.killWorker();
    await jobs.expectWhole(job);
    expect((await job.handle.result()).staged.resumedBytes).toBeGreaterThan(0);
  });

  it('goes on over a line that was cut in the middle of a file', async () => {
    await line.bandwidth(16 * 1024);
    const job = await jobs.start('scp-cut', {target: 'gpu', files: {'a.bin': 60 * MIB, small: 100}});
    // Up to 16 MiB are under way at once, each range in its place: a file of this length has proved blocks.
    await partialOf(join(stack.workspaceRoot('gpu'), job.id, 'g1/staging'), 44 * MIB);
    await line.cut();
    await delay(500);
    await line.heal();
    await jobs.expectWhole(job);
    expect((await job.handle.result()).staged.resumedBytes).toBeGreaterThan(0);
  });
});
