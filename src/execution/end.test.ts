import {chmod, mkdir, readdir, readFile, stat, symlink, writeFile} from 'node:fs/promises';
import {afterAll, describe, expect, it} from 'vitest';
import {processesNaming, processesWith} from '../../test/execution/processes.js';
import {shells, TemporaryRoot} from '../../test/execution/temporary-workspace.js';
import {until} from '../../test/until.js';
import {cancelExecution, cleanUpWorkspace, prepareWorkspace} from './end.js';
import {launch} from './launch.js';
import {LocalShell} from './local-shell.js';
import {cookieOf} from './workspace.js';

const local = new LocalShell();
const root = await TemporaryRoot.create();
afterAll(() => root.remove());

let sleeps = 0;
/** A number of seconds that nothing else on this machine sleeps, nor an earlier run of these tests that was killed. */
const uniqueSeconds = (): string => `9${process.pid}${++sleeps}`;

/** A child in a session of its own, one forked twice, one that scrubs its environment, one that is stopped; all deaf to TERM and sleeping `seconds` and a digit. */
const tree = (seconds: string): string => `
trap '' TERM
setsid sh -c 'trap "" TERM; echo 1 >>../ready; sleep ${seconds}1' &
( ( trap '' TERM; echo 2 >>../ready; sleep ${seconds}2 ) & )
env -i PATH="$PATH" sh -c 'echo 3 >>../ready; sleep ${seconds}3' &
sh -c 'echo 4 >>../ready; kill -STOP $$; sleep ${seconds}4' &
echo 5 >>../ready
sleep ${seconds}5
sleep ${seconds}6`;

describe.each(await shells())('a cancellation with %s', (_, shell) => {
  it('ends everything that the command started, and can be asked for again', async () => {
    const workspace = root.workspace();
    const seconds = uniqueSeconds();
    const running = launch(shell, workspace, {command: ['sh', '-c', tree(seconds)]});
    await until('the tree stands', async () => (await root.lines(workspace, 'ready')).length === 5);
    await until('it sleeps', async () => (await processesNaming(`sleep\0${seconds}`)).length >= 4);
    await Promise.all([
      cancelExecution(shell, workspace, {graceMs: 300}),
      cancelExecution(shell, workspace, {graceMs: 300}),
    ]);
    expect((await running).end).toEqual({outcome: 'cancelled'});
    expect(await processesWith(cookieOf(workspace))).toEqual([]);
    expect(await processesNaming(`sleep\0${seconds}`)).toEqual([]);
    await cancelExecution(shell, workspace);
    await cleanUpWorkspace(shell, workspace);
    expect(await processesNaming(workspace.executionId)).toEqual([]);
  });
});

describe('a cancellation', () => {
  it('leaves a command that has ended as it ended', async () => {
    const workspace = root.workspace();
    await launch(local, workspace, {command: ['sh', '-c', 'exit 4']});
    await cancelExecution(local, workspace);
    expect((await launch(local, workspace, {command: ['true']})).end).toEqual({outcome: 'exited', status: 4});
  });

  it('lets a command that takes TERM end by itself', async () => {
    const workspace = root.workspace();
    const script = `trap 'echo tidy >../tidied; exit 0' TERM; echo 1 >../ready; while :; do sleep 0.1; done`;
    const running = launch(local, workspace, {command: ['sh', '-c', script]});
    await until('it listens', async () => (await root.lines(workspace, 'ready')).length === 1);
    await cancelExecution(local, workspace);
    expect((await running).end).toEqual({outcome: 'cancelled'});
    expect(await root.lines(workspace, 'tidied')).toEqual(['tidy']);
  });

  it('records the end itself where the wrapper is gone', async () => {
    const workspace = root.workspace();
    const hook = '[ "$1" != running ] || kill -9 $$';
    const running = launch(local, workspace, {command: ['sleep', '60'], hook});
    await until('it runs', async () => (await root.lines(workspace, 'control/watchers')).length === 1);
    await cancelExecution(local, workspace, {graceMs: 300});
    expect((await running).end).toEqual({outcome: 'cancelled'});
  });
});

describe.each(await shells())('a clean-up with %s', (_, shell) => {
  it('removes the workspace with closed directories, and follows no link', async () => {
    const workspace = root.workspace();
    const outside = `${root.root}/outside-${workspace.executionId}`;
    await mkdir(outside);
    await writeFile(`${outside}/kept`, 'kept');
    await prepareWorkspace(shell, workspace);
    await mkdir(root.path(workspace, 'work/closed/deeper'), {recursive: true});
    await writeFile(root.path(workspace, 'work/closed/deeper/-rf \n*'), '');
    await symlink(outside, root.path(workspace, 'work/closed/link'));
    await chmod(root.path(workspace, 'work/closed/deeper'), 0);
    await chmod(root.path(workspace, 'work/closed'), 0);
    await cleanUpWorkspace(shell, workspace);
    await cleanUpWorkspace(shell, workspace);
    expect(await readFile(`${outside}/kept`, 'utf8')).toBe('kept');
    expect((await stat(root.path(workspace, ''))).isFile()).toBe(true);
    expect(await readdir(`${root.root}/.trash`)).toEqual([]);
  });
});

describe('a clean-up', () => {
  it('ends what a finished command left running, and the watchers of a killed wrapper', async () => {
    const workspace = root.workspace();
    const hook = '[ "$1" != running ] || kill -9 $$';
    const seconds = uniqueSeconds();
    const command = ['sh', '-c', `setsid sleep ${seconds}1 & setsid sleep ${seconds}2 & sleep 0.1`];
    const timeout = uniqueSeconds();
    // Its workspace goes from under it, which it may notice while it is being cleaned up.
    const running = launch(local, workspace, {command, hook, timeoutMs: Number(timeout) * 1_000}).catch(
      () => undefined,
    );
    await until('the wrapper is gone', async () => (await processesNaming(`sleep\0${seconds}`)).length === 2);
    await until('a watcher sleeps', async () => (await processesNaming(`sleep\0${timeout}`)).length === 1);
    await cleanUpWorkspace(local, workspace, {graceMs: 200});
    await running;
    expect(await processesNaming(`sleep\0${seconds}`)).toEqual([]);
    expect(await processesNaming(workspace.executionId)).toEqual([]);
    await until('no watcher sleeps', async () => (await processesNaming(`sleep\0${timeout}`)).length === 0);
  });

  it('also takes a workspace that never was, and keeps it from being made', async () => {
    const workspace = root.workspace();
    await cleanUpWorkspace(local, workspace);
    await expect(prepareWorkspace(local, workspace)).rejects.toMatchObject({code: 'transfer.superseded'});
  });

  it.each([
    ['a root of nothing', {root: '/', executionId: 'a', generation: 1}],
    ['a root with parents', {root: '/tmp/../x', executionId: 'a', generation: 1}],
    ['an id that is a path', {root: '/tmp/x', executionId: '../a', generation: 1}],
    ['no generation', {root: '/tmp/x', executionId: 'a', generation: 0}],
  ])('refuses %s', async (_name, workspace) => {
    await expect(cleanUpWorkspace(local, workspace)).rejects.toMatchObject({code: 'input.invalid'});
  });
});
