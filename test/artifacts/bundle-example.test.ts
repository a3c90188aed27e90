import {execFile} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {makeTree, snapshot} from './trees.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-example-'));
});
afterAll(() => rm(directory, {recursive: true, force: true}));

test('the example stores a directory once, and restores it for each job', async () => {
  const scene = join(directory, 'scene');
  await makeTree(scene, [{name: 'scene.blend', content: 'scene'}, {name: 'textures'}]);
  const render = async (target: string) => {
    const program = ['dev/run-typescript.mjs', 'examples/bundles/render.ts'];
    const places = [join(directory, 'bundles'), scene, join(directory, target)];
    return (await promisify(execFile)(process.execPath, [...program, ...places])).stdout;
  };
  const first = await render('first');
  expect(first).toMatch(/^5 bytes sent: waybill-bundle:sha256:[0-9a-f]{64}\n$/);
  expect(await render('second')).toBe(first.replace('5', '0'));
  for (const target of ['first', 'second']) {
    expect(await snapshot(join(directory, target))).toEqual(await snapshot(scene));
  }
});
