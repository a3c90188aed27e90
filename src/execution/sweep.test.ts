import {mkdir, readdir, utimes, writeFile} from 'node:fs/promises';
import {afterAll, describe, expect, it} from 'vitest';
import {shells, TemporaryRoot} from '../../test/execution/temporary-workspace.js';
import {cleanUpWorkspace, prepareWorkspace} from './end.js';
import {sweepWorkspaces} from './sweep.js';

const roots: TemporaryRoot[] = [];
afterAll(() => Promise.all(roots.map((root) => root.remove())));

const LONG_AGO = Date.now() / 1000 - 3 * 86_400;

describe.each(await shells())('the sweep with %s', (_, shell) => {
  it('removes old marks and remains, and nothing that is young or lives', async () => {
    const root = await TemporaryRoot.create();
    roots.push(root);
    const [old, young, alive] = [root.workspace(), root.workspace(), root.workspace()];
    await cleanUpWorkspace(shell, old);
    await cleanUpWorkspace(shell, young);
    await prepareWorkspace(shell, alive);
    const name = root.path(alive, 'work/g1');
    await writeFile(name, 'kept');
    await mkdir(`${root.root}/.trash/old-x/deep`, {recursive: true});
    for (const path of [root.path(old, ''), name, root.path(alive, ''), `${root.root}/.trash/old-x`]) {
      await utimes(path.replace(/\/$/, ''), LONG_AGO, LONG_AGO);
    }
    await sweepWorkspaces(shell, root.root, 2);
    expect((await readdir(root.root)).sort()).toEqual(['.trash', young.executionId, alive.executionId].sort());
    expect(await readdir(`${root.root}/.trash`)).toEqual([]);
    expect(await readdir(root.path(alive, 'work'))).toEqual(['g1']);
  });
});
