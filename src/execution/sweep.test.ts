import {mkdir, readdir, utimes, writeFile} from 'node:fs/promises';
import {afterAll, describe, expect, it} from 'vitest';
import {shells, TemporaryRoot} from '../../test/execution/temporary-workspace.js';
import {cleanUpWorkspace, prepareWorkspace} from './end.js';
import {launch} from './launch.js';
import {sweepWorkspaces} from './sweep.js';

const roots: TemporaryRoot[] = [];
afterAll(() => Promise.all(roots.map((root) => root.remove())));

const LONG_AGO = Date.now() / 1000 - 3 * 86_400;

async function temporaryRoot(): Promise<TemporaryRoot> {
  const root = await TemporaryRoot.create();
  roots.push(root);
  return root;
}

async function age(...paths: readonly string[]): Promise<void> {
  for (const path of paths) await utimes(path.replace(/\/$/, ''), LONG_AGO, LONG_AGO);
}

const nobody = {olderThanDays: 2, isOwned: () => Promise.resolve(false)};

describe.each(await shells())('the sweep with %s', (_, shell) => {
  it('removes old marks and remains, and nothing that is young or lives', async () => {
    const root = await temporaryRoot();
    const [old, young, alive] = [root.workspace(), root.workspace(), root.workspace()];
    await cleanUpWorkspace(shell, old);
    await cleanUpWorkspace(shell, young);
    await prepareWorkspace(shell, alive);
    const name = root.path(alive, 'work/g1');
    await writeFile(name, 'kept');
    await mkdir(`${root.root}/.trash/old-x/deep`, {recursive: true});
    await age(root.path(old, ''), root.path(old, '..'), name, root.path(alive, ''), `${root.root}/.trash/old-x`);
    expect(await sweepWorkspaces(shell, root.root, nobody)).toBe(0);
    expect((await readdir(root.root)).sort()).toEqual(['.trash', young.executionId, alive.executionId].sort());
    expect(await readdir(`${root.root}/.trash`)).toEqual([]);
    expect(await readdir(root.path(alive, 'work'))).toEqual(['g1']);
  });

  it('leaves an empty directory that a launcher has just made to put its workspace into', async () => {
    const root = await temporaryRoot();
    await mkdir(`${root.root}/just-made`);
    await mkdir(`${root.root}/left-empty`);
    await age(`${root.root}/left-empty`);
    await sweepWorkspaces(shell, root.root, nobody);
    expect(await readdir(root.root)).toEqual(['just-made']);
  });

  it('removes an old workspace that nobody owns, and leaves its mark', async () => {
    const root = await temporaryRoot();
    const [left, owned, young] = [root.workspace(), root.workspace(), root.workspace()];
    for (const workspace of [left, owned, young]) {
      await prepareWorkspace(shell, workspace);
      await writeFile(root.path(workspace, 'work/file'), 'x');
    }
    for (const workspace of [left, owned]) await age(root.path(workspace, 'control'), root.path(workspace, '..'));
    const asked: string[] = [];
    const removed = await sweepWorkspaces(shell, root.root, {
      olderThanDays: 2,
      isOwned: async ({executionId}) => {
        asked.push(executionId);
        return executionId === owned.executionId;
      },
    });
    expect(removed).toBe(1);
    expect(asked.sort()).toEqual([left.executionId, owned.executionId].sort());
    expect(await readdir(root.path(owned, 'work'))).toEqual(['file']);
    expect(await readdir(root.path(young, 'work'))).toEqual(['file']);
    expect(await readdir(`${root.root}/${left.executionId}`, {withFileTypes: true})).toMatchObject([{name: 'g1'}]);
    await expect(prepareWorkspace(shell, left)).rejects.toMatchObject({code: 'transfer.superseded'});
  });

  it('never ends a command that runs, whoever says that nobody owns it', async () => {
    const root = await temporaryRoot();
    const workspace = root.workspace();
    const running = new Promise<void>((resolve, reject) => {
      launch(shell, workspace, {
        command: ['sh', '-c', 'sleep 3; echo done'],
        environment: {},
        secrets: {},
        outputCapBytes: 65_536,
        onEvent: ({event}) => (event === 'running' ? resolve() : undefined),
      }).catch(reject);
    });
    await running;
    await age(root.path(workspace, 'control'), root.path(workspace, '..'));
    expect(await sweepWorkspaces(shell, root.root, nobody)).toBe(0);
    expect(await readdir(root.path(workspace, 'control'))).toContain('started');
    await cleanUpWorkspace(shell, workspace);
  });
});
