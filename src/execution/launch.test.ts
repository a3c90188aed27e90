import {readdir, readFile, rename, writeFile} from 'node:fs/promises';
import {afterAll, describe, expect, it} from 'vitest';
import {hasCode} from '../contracts/errors.js';
import {cleanUpWorkspace, prepareWorkspace} from './end.js';
import {launch} from './launch.js';
import {LocalShell} from './local-shell.js';
import type {ExecutionEnd} from './report.js';
import {processesNaming} from '../../test/execution/processes.js';
import {shells, TemporaryRoot} from '../../test/execution/temporary-workspace.js';
import {until} from '../../test/until.js';

const local = new LocalShell();
const root = await TemporaryRoot.create();
afterAll(() => root.remove());

function stdoutOf(end: ExecutionEnd): string {
  return Buffer.from(end.output?.stdout ?? []).toString();
}

describe.each(await shells())('a launch with %s', (_, shell) => {
  it('reports status, time and both outputs in one call', async () => {
    const end = await launch(shell, root.workspace(), {command: ['sh', '-c', 'echo out; echo err >&2; exit 7']});
    expect(end.end).toEqual({outcome: 'exited', status: 7});
    expect(stdoutOf(end)).toBe('out\n');
    expect(Buffer.from(end.output?.stderr ?? []).toString()).toBe('err\n');
    expect(Math.abs(Date.parse(end.startedAt ?? '') - Date.now())).toBeLessThan(20_000);
  });

  it('hands over every argument and value exactly', async () => {
    const hostile = [
      '',
      ' ',
      '-n',
      '--',
      "it's",
      '"',
      '$(id)',
      '`id`',
      '\\',
      'a\nb\n',
      '*',
      '~',
      'a=b',
      '\t',
      'é\u{1f600}',
      '\uFFFD',
      '!x',
      '#',
      ';exit',
      '${HOME}',
    ];
    const names = hostile.map((_value, index) => `V_${index}`);
    const environment = Object.fromEntries(hostile.map((value, index) => [`V_${index}`, value]));
    const program = 'process.stdout.write(JSON.stringify([process.argv.slice(1), process.env]))';
    const end = await launch(shell, root.workspace(), {
      command: [process.execPath, '-e', program, '--', ...hostile],
      environment: {...environment, UID: '77', IFS: 'x', PPID: '3', RANDOM: 'r', OPTIND: 'abc'},
      secrets: {TOKEN: "s'e\ncret"},
    });
    const [argv, env] = JSON.parse(stdoutOf(end)) as [string[], Record<string, string>];
    expect(argv).toEqual(hostile);
    expect(names.map((name) => env[name])).toEqual(hostile);
    expect(env).toMatchObject({UID: '77', IFS: 'x', PPID: '3', RANDOM: 'r', OPTIND: 'abc', TOKEN: "s'e\ncret"});
    expect(
      Object.keys(env).filter((name) => /SECRET|SSH|NODE|VITEST|WAYBILL_(?!EXECUTION_ID|COOKIE)/.test(name)),
    ).toEqual([]);
  });

  it.each([
    ['a missing program', 'no-such-program'],
    ['a missing path', './missing'],
    ['a leading dash', '-zz'],
  ])('tells %s from a command that exits with 127', async (_name, program) => {
    const end = await launch(shell, root.workspace(), {command: [program, 'a']});
    expect(end).toMatchObject({end: {outcome: 'exited', status: 127}, commandNotFound: true});
    const own = await launch(shell, root.workspace(), {command: ['sh', '-c', 'exit 127']});
    expect(own).toMatchObject({end: {outcome: 'exited', status: 127}, commandNotFound: false});
  });

  it('leaves interrupts to the command and reports its signal', async () => {
    const end = await launch(shell, root.workspace(), {command: ['sh', '-c', 'kill -INT $$; echo alive']});
    expect(end.end).toEqual({outcome: 'signalled', signal: 2});
  });

  it('ends a command at its time limit, with what ignores TERM', async () => {
    const started = Date.now();
    const workspace = root.workspace();
    const end = await launch(shell, workspace, {
      command: ['sh', '-c', `trap '' TERM; (trap '' TERM; sleep 61) & sleep 61`],
      timeoutMs: 400,
      graceMs: 300,
    });
    expect(end.end).toEqual({outcome: 'timed-out', timeoutMs: 400});
    expect(Date.now() - started).toBeLessThan(15_000);
    await cleanUpWorkspace(shell, workspace);
  });

  it('keeps the output below its cap while the command writes', async () => {
    const workspace = root.workspace();
    const running = launch(shell, workspace, {
      command: ['sh', '-c', 'yes 0123456 | head -c 8000000; sleep 3; yes 0123456 | head -c 1000000'],
      outputCapBytes: 1_000_000,
    });
    await until(
      'the output is cut',
      async () =>
        (await readFile(root.path(workspace, 'control/stdout')).catch(() => Buffer.alloc(0))).length === 1_000_001,
    );
    expect((await running).end).toEqual({outcome: 'exited', status: 0});
    const kept = await readFile(root.path(workspace, 'control/stdout'));
    expect(kept.subarray(0, 1_000_000).toString()).toBe('0123456\n'.repeat(125_000));
  });
});

describe('secrets', () => {
  it('are in no argument list and on no disk while the command runs', async () => {
    const workspace = root.workspace();
    const secret = `hidden-${workspace.executionId}`;
    const running = launch(local, workspace, {
      command: ['sh', '-c', 'sleep 1; printf %s "$TOKEN"'],
      secrets: {TOKEN: secret},
    });
    await until('it runs', async () => (await root.lines(workspace, 'control/child')).length > 0);
    expect(await processesNaming(secret)).toEqual([]);
    const control = root.path(workspace, 'control');
    for (const name of await readdir(control))
      expect(await readFile(`${control}/${name}`, 'utf8')).not.toContain(secret);
    expect(stdoutOf(await running)).toBe(secret);
  });
});

describe('a removed workspace', () => {
  it('is not made again by a late attempt', async () => {
    const workspace = root.workspace();
    await prepareWorkspace(local, workspace);
    await cleanUpWorkspace(local, workspace);
    const refused = (error: unknown): boolean => hasCode(error, 'transfer.superseded');
    await expect(prepareWorkspace(local, workspace)).rejects.toSatisfy(refused);
    await expect(launch(local, workspace, {command: ['true']})).rejects.toSatisfy(refused);
    await expect(writeFile(root.path(workspace, 'work/late'), '')).rejects.toThrow('ENOTDIR');
  });
});

describe('the start', () => {
  it('takes the directory of unfinished inputs away from late attempts before the command runs', async () => {
    const workspace = root.workspace();
    await prepareWorkspace(local, workspace);
    const late = root.path(workspace, 'staging/late');
    await writeFile(late, 'half');
    const end = await launch(local, workspace, {command: ['sh', '-c', 'ls ..']});
    expect(stdoutOf(end)).toBe('control\nwork\n');
    await expect(rename(late, root.path(workspace, 'work/late'))).rejects.toThrow('ENOENT');
  });
});
