import {readdir, writeFile} from 'node:fs/promises';
import {afterAll, describe, expect, it} from 'vitest';
import {TemporaryRoot} from '../../test/execution/temporary-workspace.js';
import {until} from '../../test/until.js';
import {cancelExecution, cleanUpWorkspace} from './end.js';
import {launch} from './launch.js';
import {LocalShell} from './local-shell.js';
import type {Workspace} from './workspace.js';

const shell = new LocalShell();
const root = await TemporaryRoot.create();
afterAll(() => root.remove());

/** Appends a line to a file each time it is started. */
const counting = (seconds: number) => ['sh', '-c', `echo started >>../starts; sleep ${seconds}; exit 3`];

async function startsOf(workspace: Workspace): Promise<number> {
  return (await root.lines(workspace, 'starts')).length;
}

/** Numbers from a seed, so that a failure can be had again. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

describe('a command is started once', () => {
  it('by twenty launchers at once, and each learns the end', async () => {
    const workspace = root.workspace();
    const ends = await Promise.all(
      Array.from({length: 20}, () => launch(shell, workspace, {command: counting(0.3), maxConcurrent: 1})),
    );
    expect(ends.map(({end}) => end)).toEqual(Array.from({length: 20}, () => ({outcome: 'exited', status: 3})));
    expect(await startsOf(workspace)).toBe(1);
  });

  it('though launchers are killed at random instants', async () => {
    const random = numbers(20_261_121);
    for (let kill = 0; kill < 40; kill++) {
      const workspace = root.workspace();
      const after = Math.round(random.next().value * 120);
      const killed = await launch(shell, workspace, {
        command: counting(0.05),
        maxConcurrent: 4,
        signal: AbortSignal.timeout(after),
      }).catch(() => undefined);
      const found = killed ?? (await launch(shell, workspace, {command: counting(0.05), maxConcurrent: 4}));
      expect([after, found.end, await startsOf(workspace)]).toEqual([after, {outcome: 'exited', status: 3}, 1]);
    }
  });

  it('though the wrapper is killed just before it takes the start', async () => {
    const workspace = root.workspace();
    const hook = '[ "$1" != before-start ] || kill -9 $$';
    await expect(launch(shell, workspace, {command: counting(0), hook})).rejects.toMatchObject({code: 'shell.failed'});
    expect(await startsOf(workspace)).toBe(0);
    expect((await launch(shell, workspace, {command: counting(0)})).end).toEqual({outcome: 'exited', status: 3});
    expect(await startsOf(workspace)).toBe(1);
  });

  it('or not at all, though a frozen wrapper takes up after its successor', async () => {
    const workspace = root.workspace();
    const hook = '[ "$1" != before-start ] || kill -STOP $$';
    const abort = new AbortController();
    const frozen = launch(shell, workspace, {command: counting(0), hook, signal: abort.signal});
    let pid = 0;
    await until('it is frozen', async () => {
      const names = await readdir(root.path(workspace, 'control')).catch(() => []);
      const who = names.find((name) => name.startsWith('who.'));
      const [record = ''] = who === undefined ? [] : await root.lines(workspace, `control/${who}`);
      pid = Number(record.split(' ')[1] ?? 0);
      return pid > 0;
    });
    abort.abort(new Error('gone'));
    await expect(frozen).rejects.toThrow('gone');
    expect((await launch(shell, workspace, {command: counting(0)})).end).toEqual({outcome: 'exited', status: 3});
    process.kill(pid, 'SIGCONT');
    await until('the late wrapper has ended', async () => !isRunning(pid));
    expect(await startsOf(workspace)).toBe(1);
  });
});

describe('an execution is lost', () => {
  it.each(['after-start', 'before-exit'])('when the wrapper is killed at %s', async (step) => {
    const workspace = root.workspace();
    const hook = `[ "$1" != ${step} ] || kill -9 $$`;
    const end = await launch(shell, workspace, {command: counting(0), hook});
    expect(end.end).toMatchObject({outcome: 'lost'});
    expect((await launch(shell, workspace, {command: counting(0)})).end).toEqual(end.end);
    expect(await startsOf(workspace)).toBe(step === 'after-start' ? 0 : 1);
  });

  it('when the wrapper was killed, once its command is gone too', async () => {
    const workspace = root.workspace();
    const running = launch(shell, workspace, {command: counting(2), hook: '[ "$1" != running ] || kill -9 $$'});
    await until('it runs', async () => (await startsOf(workspace)) === 1);
    const begun = Date.now();
    expect((await running).end).toMatchObject({outcome: 'lost'});
    expect(Date.now() - begun).toBeGreaterThan(1000);
  });

  it('when the machine was restarted, and not when it was not', async () => {
    const workspace = root.workspace();
    const bootIdFile = `${root.root}/boot-id`;
    await writeFile(bootIdFile, 'first-boot\n');
    const options = {command: counting(30), bootIdFile};
    const abort = new AbortController();
    const running = launch(shell, workspace, {...options, signal: abort.signal});
    await until('it runs', async () => (await startsOf(workspace)) === 1);
    abort.abort(new Error('gone'));
    await expect(running).rejects.toThrow('gone');
    await expect(launch(shell, workspace, {...options, signal: AbortSignal.timeout(700)})).rejects.toThrow('timeout');
    await writeFile(bootIdFile, 'second-boot\n');
    expect((await launch(shell, workspace, options)).end).toEqual({
      outcome: 'lost',
      reason: 'the machine was restarted',
    });
    await writeFile(bootIdFile, 'first-boot\n');
    await cleanUpWorkspace(shell, workspace, {graceMs: 100, bootIdFile});
  });
});

describe('the time limit', () => {
  it('holds with nobody there, and the end is found later', async () => {
    const workspace = root.workspace();
    const options = {command: counting(60), timeoutMs: 800, graceMs: 200};
    const abort = new AbortController();
    const running = launch(shell, workspace, {...options, signal: abort.signal});
    await until('it runs', async () => (await startsOf(workspace)) === 1);
    abort.abort(new Error('gone'));
    await expect(running).rejects.toThrow('gone');
    await until('it has ended', async () => (await root.lines(workspace, 'control/exit')).length === 1);
    expect((await launch(shell, workspace, options)).end).toEqual({outcome: 'timed-out', timeoutMs: 800});
  });
});

describe('a cancellation before the start', () => {
  it('keeps the command from ever starting', async () => {
    const workspace = root.workspace();
    await cancelExecution(shell, workspace);
    await cancelExecution(shell, workspace);
    expect((await launch(shell, workspace, {command: counting(0)})).end).toEqual({outcome: 'cancelled'});
    expect(await startsOf(workspace)).toBe(0);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
