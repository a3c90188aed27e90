import {readFile, writeFile} from 'node:fs/promises';
import {afterAll, describe, expect, it} from 'vitest';
import {shells, TemporaryRoot} from '../../test/execution/temporary-workspace.js';
import {until} from '../../test/until.js';
import {cancelExecution, cleanUpWorkspace} from './end.js';
import {launch} from './launch.js';
import {LocalShell} from './local-shell.js';

const local = new LocalShell();
const roots: TemporaryRoot[] = [];
afterAll(() => Promise.all(roots.map((root) => root.remove())));

async function newRoot(): Promise<TemporaryRoot> {
  const root = await TemporaryRoot.create();
  roots.push(root);
  return root;
}

describe.each(await shells())('the line of a target with %s', (_, shell) => {
  it('lets no more run at once than its limit, and all run in the end', async () => {
    const root = await newRoot();
    const trace = `${root.root}/trace`;
    const command = ['sh', '-c', `echo + >>${trace}; sleep 0.2; echo - >>${trace}`];
    const ends = await Promise.all(
      Array.from({length: 8}, () => launch(shell, root.workspace(), {command, maxConcurrent: 2})),
    );
    expect(ends.map(({end}) => end.outcome)).toEqual(Array.from({length: 8}, () => 'exited'));
    const steps = (await readFile(trace, 'utf8')).trim().split('\n');
    expect(steps).toHaveLength(16);
    let running = 0;
    for (const step of steps) {
      running += step === '+' ? 1 : -1;
      expect(running).toBeLessThanOrEqual(2);
    }
  });
});

describe('the line of a target', () => {
  it('is served in the order of arrival, and tells each its place', async () => {
    const root = await newRoot();
    const order: number[] = [];
    const places = new Map<number, number[]>();
    const first = root.workspace();
    const second = root.workspace();
    const held = ['sh', '-c', 'while [ ! -f ../go ]; do sleep 0.05; done'];
    const running = [launch(local, first, {command: held, maxConcurrent: 1})];
    await until('the first runs', async () => (await root.lines(first, 'control/child')).length === 1);
    for (const number of [1, 2, 3]) {
      const seen: number[] = [];
      places.set(number, seen);
      const onEvent = (event: {event: string; place?: number}): void => {
        if (event.place !== undefined) seen.push(event.place);
      };
      const options = {command: number === 2 ? held : ['true'], maxConcurrent: 1, onEvent};
      const waiting = launch(local, number === 2 ? second : root.workspace(), options);
      running.push(waiting.finally(() => order.push(number)));
      await until('it knows its place', async () => seen.length > 0);
    }
    expect([...places.values()].map((seen) => seen[0])).toEqual([1, 2, 3]);
    await writeFile(root.path(first, 'go'), '');
    // Places are told at intervals: a line that moved on faster would be told less.
    await until('the last has moved up', async () => places.get(3)?.includes(1) ?? false);
    await writeFile(root.path(second, 'go'), '');
    await Promise.all(running);
    expect(order).toEqual([1, 2, 3]);
  });

  it('goes on past an execution whose processes were killed', async () => {
    const root = await newRoot();
    const dead = root.workspace();
    await launch(local, dead, {command: ['true'], maxConcurrent: 1, hook: '[ "$1" != before-exit ] || kill -9 $$'});
    expect((await launch(local, root.workspace(), {command: ['true'], maxConcurrent: 1})).end.outcome).toBe('exited');
  });

  it('is not held by an execution whose workspace was removed', async () => {
    const root = await newRoot();
    for (let round = 0; round < 4; round += 1) {
      const places: number[] = [];
      const workspace = root.workspace();
      const {end} = await launch(local, workspace, {
        command: ['true'],
        maxConcurrent: 2,
        onEvent: (event) => {
          if (event.event === 'queued') places.push(event.place);
        },
      });
      expect(end.outcome).toBe('exited');
      expect(places).toEqual([]);
      await cleanUpWorkspace(local, workspace);
    }
  });

  it('lets one that was cancelled while it waited go', async () => {
    const root = await newRoot();
    const first = root.workspace();
    const running = launch(local, first, {command: ['sleep', '60'], maxConcurrent: 1});
    await until('the first runs', async () => (await root.lines(first, 'control/child')).length === 1);
    const second = root.workspace();
    const waiting = launch(local, second, {command: ['true'], maxConcurrent: 1});
    await until('the second waits', async () => (await root.lines(second, 'control/ticket')).length === 1);
    await cancelExecution(local, second);
    expect((await waiting).end).toEqual({outcome: 'cancelled'});
    await cancelExecution(local, first, {graceMs: 100});
    expect((await running).end).toEqual({outcome: 'cancelled'});
  });
});
