import {mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {TaskRecords} from './task-records.js';

const task = {token: 'dG9rZW4=', activity: 'planMove', executionId: 'nightly-7'};
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-tasks-'));
  vi.useFakeTimers();
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(directory, {recursive: true, force: true});
});

describe('what a successor finds of an activity', () => {
  it('is its token and last checkpoint while it is under way', () => {
    const records = new TaskRecords(directory);
    const checkpoint = {version: 1, step: 'move', progress: 7, progressAtStart: 0, stalledAttempts: 0} as const;
    records.begin(task);
    records.checkpoint(task.token, checkpoint);
    expect(new TaskRecords(directory).leftovers()).toEqual([{...task, checkpoint}]);
  });

  it('is still there right after its end, which the server may not have heard of', () => {
    const records = new TaskRecords(directory);
    records.begin(task);
    records.end(task.token);
    expect(new TaskRecords(directory).leftovers()).toEqual([{...task, ended: true}]);
  });

  it('is gone a while later', async () => {
    const records = new TaskRecords(directory);
    records.begin(task);
    records.end(task.token);
    vi.advanceTimersByTime(10_000);
    expect(await readdir(directory)).toEqual([]);
  });

  it('is gone at once where the worker ended in order', async () => {
    const records = new TaskRecords(directory);
    records.begin(task);
    records.end(task.token);
    records.close();
    expect(await readdir(directory)).toEqual([]);
  });
});

it('leaves nothing that no successor can give back', async () => {
  const records = new TaskRecords(directory);
  records.begin(task);
  const [name = ''] = await readdir(directory);
  await writeFile(join(directory, `${name}.new`), '{"token":');
  await writeFile(join(directory, 'later.json'), '{"version":9}');
  expect(new TaskRecords(directory).leftovers()).toEqual([task]);
  expect(await readdir(directory)).toEqual([name]);
});

it('tells the next attempt once that the one before died and did not stall', () => {
  const records = new TaskRecords(directory);
  records.noteLost(task);
  expect(records.takeLost({executionId: 'another', activity: task.activity})).toBe(false);
  expect(records.takeLost(task)).toBe(true);
  expect(records.takeLost(task)).toBe(false);
});

it('passes over a record that a power failure has left empty', async () => {
  const records = new TaskRecords(directory);
  records.begin(task);
  await writeFile(join(directory, 'cut.json'), '');
  expect(new TaskRecords(directory).leftovers()).toEqual([task]);
  expect(await readdir(directory)).toHaveLength(1);
});

it('lets the work go on where nothing can be written, and says so once', async () => {
  const failures: unknown[] = [];
  const records = new TaskRecords(directory, (error) => failures.push(error));
  records.begin(task);
  await rm(directory, {recursive: true});
  const checkpoint = {version: 1, step: 'move', progress: 7, progressAtStart: 0, stalledAttempts: 0} as const;
  for (let beat = 0; beat < 3; beat += 1) records.checkpoint(task.token, checkpoint);
  records.end(task.token);
  expect(failures).toHaveLength(1);
});
