import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {MockActivityEnvironment} from '@temporalio/testing';
import {afterEach, expect, it, vi} from 'vitest';
import type {Checkpoint} from '../src/contracts/checkpoint.js';
import {WaybillError} from '../src/contracts/errors.js';
import {TaskRecords} from '../src/worker/task-records.js';
import {runAttempt} from './attempt.js';

afterEach(() => {
  vi.useRealTimers();
});

it('an attempt that wakes up before the server has missed it does not end its step for good', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-attempt-'));
  vi.useFakeTimers({toFake: ['Date']});
  try {
    const attempt = new MockActivityEnvironment().run(() =>
      runAttempt('move', new TaskRecords(directory), async ({isCurrent}) => {
        vi.setSystemTime(Date.now() + 6_000);
        if (!isCurrent()) throw new WaybillError('transfer.superseded', 'This attempt was out of touch for too long.');
      }),
    );
    await expect(attempt).rejects.toMatchObject({type: 'worker.frozen', nonRetryable: false});
  } finally {
    await rm(directory, {recursive: true, force: true});
  }
});

it('an attempt that has nothing left to do ends its step', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-attempt-'));
  try {
    const attempt = new MockActivityEnvironment().run(() =>
      runAttempt('move', new TaskRecords(directory), async () => {
        throw new WaybillError('transfer.superseded', 'The directory of unfinished files is gone.');
      }),
    );
    await expect(attempt).rejects.toMatchObject({type: 'transfer.superseded', nonRetryable: true});
  } finally {
    await rm(directory, {recursive: true, force: true});
  }
});

it.each([
  [3, true],
  [4, false],
])('with %i attempts allowed, a third one that gets no further ends its step: %s', async (maxStalled, nonRetryable) => {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-attempt-'));
  const heartbeatDetails: Checkpoint = {version: 1, step: 'move', progress: 7, progressAtStart: 7, stalledAttempts: 1};
  try {
    const attempt = new MockActivityEnvironment({heartbeatDetails}).run(() =>
      runAttempt(
        'move',
        new TaskRecords(directory),
        async () => {
          throw new WaybillError('ssh.connection-lost', 'The connection is gone.');
        },
        {maxStalled},
      ),
    );
    await expect(attempt).rejects.toMatchObject({nonRetryable});
  } finally {
    await rm(directory, {recursive: true, force: true});
  }
});

it('an attempt that gained bytes got further, though less of the whole is proved yet; later ones go by small steps', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-attempt-'));
  let last: Checkpoint = {version: 1, step: 'move', progress: 700, progressAtStart: 700, stalledAttempts: 1};
  const told: (string | undefined)[] = [];
  const attempt = async (gained: number): Promise<unknown> => {
    const environment = new MockActivityEnvironment({heartbeatDetails: last});
    environment.on('heartbeat', (details: Checkpoint) => (last = details));
    return await environment
      .run(() =>
        runAttempt('move', new TaskRecords(directory), async ({before, note}) => {
          told.push(before);
          note({progress: 5, gained});
          throw new WaybillError('ssh.connection-lost', 'The connection is gone.');
        }),
      )
      .catch((error: unknown) => error);
  };
  try {
    for (let times = 0; times < 3; times += 1) expect(await attempt(10)).toMatchObject({nonRetryable: false});
    expect(last).toMatchObject({progress: 730, stalledAttempts: 0, stalledBefore: true});
    await attempt(0);
    await attempt(0);
    expect(await attempt(0)).toMatchObject({nonRetryable: true});
    // The first was given the checkpoint of a second attempt that got no further.
    expect(told).toEqual(['stalled-again', 'stalled', 'stalled', 'stalled', 'stalled', 'stalled-again']);
  } finally {
    await rm(directory, {recursive: true, force: true});
  }
});

it('an attempt that has to leave its work to a newer worker does not count', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-attempt-'));
  const heartbeatDetails: Checkpoint = {version: 1, step: 'move', progress: 7, progressAtStart: 7, stalledAttempts: 2};
  const environment = new MockActivityEnvironment({heartbeatDetails: {...heartbeatDetails, stopped: 'hand-over'}});
  let last: Checkpoint | undefined;
  environment.on('heartbeat', (details: Checkpoint) => (last = details));
  const attempt = environment.run(() =>
    runAttempt('move', new TaskRecords(directory), async () => {
      throw new WaybillError('transfer.newer-version', 'A newer Waybill wrote what is there of this file.');
    }),
  );
  await expect(attempt).rejects.toMatchObject({type: 'transfer.newer-version', nonRetryable: false});
  expect(last).toMatchObject({stopped: 'unreachable', stalledAttempts: 2});
  await rm(directory, {recursive: true, force: true});
});
