import {expect, it} from 'vitest';
import {runScripted} from '../../../test/cli/run-scripted.js';
import type {Script} from '../../../test/cli/scripted-client.js';
import type {TransferEvent, TransferNow, TransferSummary} from '../../client/api.js';
import {noCounts, type TransferResult} from '../../contracts/transfer.js';
import {COPY_AGAIN} from '../../contracts/transfer-progress.js';

const cli = (script: Partial<Script>, ...argv: readonly string[]) => runScripted(argv, script);

const result: TransferResult = {
  version: 1,
  transferId: 'copy-x',
  outcome: 'cancelled',
  failure: {code: 'execution.cancelled', message: 'cancelled on request', remedy: COPY_AGAIN},
  dryRun: false,
  counts: {...noCounts, entries: 2, files: 2, copied: 2, bytes: 3_000, sentBytes: 3_000},
  failures: [],
  warnings: [],
  leftOut: 0,
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:07.000Z',
  durationMs: 7_000,
};

const still: TransferNow = {step: 'plan', running: true, counts: noCounts};
const moving: TransferNow = {
  ...still,
  progress: {
    ...{filesDone: 1, filesTotal: 202, bytesDone: 91_200_000, bytesTotal: 304_000_000},
    ...{rate: 50_000_000, resumedBytes: 0, sentBytes: 91_200_000},
  },
};

const shows = (now: TransferNow, ...more: readonly string[]) =>
  cli({transfer: {state: async () => now}}, 'transfers', 'copy-x', ...more);

it('transfers ID says of a running copy how far it is, how fast, and how long it takes', async () => {
  const told = await shows(moving);
  expect(told).toMatchObject({status: 0, stdout: 'copy-x: 1 of 202 files, 91.2 MB of 304 MB, 50 MB/s, 0:04 left\n'});
  expect(JSON.parse((await shows(moving, '--json')).stdout)).toMatchObject({
    ...{id: 'copy-x', running: true, progress: {bytesDone: 91_200_000, rate: 50_000_000}},
  });
});

it('transfers ID says what a copy does that moves nothing, why it is tried again, and that it was terminated', async () => {
  const retrying = {attempt: 3, reason: 'the target is away'};
  expect((await shows({...still, retrying})).stdout).toBe(
    'copy-x: looks at what there is to copy\n  attempt 3, because: the target is away\n',
  );
  expect((await shows({...still, running: false})).stdout).toContain('was terminated in Temporal');
});

it('transfers lists where copies come from and go to', async () => {
  const startedAt = new Date().toISOString();
  const transfers: readonly TransferSummary[] = [
    {id: 'copy-1', state: 'running', startedAt, sources: ['disk:/a'], destination: 'far:/b'},
    {id: 'copy-2', state: 'failed', startedAt, sources: ['x:/1', 'x:/2'], destination: 'y:/'},
    {id: 'copy-3', state: 'cancelled', startedAt},
  ];
  const {stdout} = await cli({transfers}, 'transfers');
  expect(stdout.split('\n').map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
    'ID | STATE | AGE | FROM | TO',
    'copy-1 | running | 0:00 | disk:/a | far:/b',
    'copy-2 | failed | 0:00 | x:/1 and 1 more | y:/',
    'copy-3 | cancelled | 0:00 | - | -',
    '',
  ]);
  const [first] = (await cli({transfers}, 'transfers', '--json')).stdout.split('\n');
  expect(JSON.parse(first ?? '')).toMatchObject({sources: ['disk:/a'], destination: 'far:/b'});
});

it('cancel ends a copy, says what had arrived, and how to send the rest', async () => {
  const {status, client, stderr} = await cli({transfer: {result: async () => result}}, 'cancel', 'copy-x');
  expect(status).toBe(0);
  expect(client.cancelled).toEqual(['copy-x']);
  expect(stderr).toBe(`Cancelled copy-x.\nCopied 2 files (3 kB sent) in 0:07.\n${COPY_AGAIN}\n`);
  const ended = {transfer: {result: async () => ({...result, outcome: 'succeeded' as const})}, running: false};
  const late = await cli(ended, 'cancel', 'copy-x');
  expect(late.client.cancelled).toEqual([]);
  expect(late.stderr).toBe('copy-x had ended before: succeeded.\n');
  const asked = await cli({transfer: {}}, 'cancel', 'copy-x', '--detach', '--json');
  expect(JSON.parse(asked.stdout)).toEqual({transferId: 'copy-x', outcome: 'cancelling'});
});

it('wait follows a copy to its end, with its exit status; retry says what to do instead', async () => {
  async function* progress(): AsyncGenerator<TransferEvent> {
    yield {event: 'retrying', attempt: 2, reason: 'the worker was gone'};
    yield {event: 'ended', result};
  }
  const waited = await cli({transfer: {progress}}, 'wait', 'copy-x');
  expect(waited.status).toBe(130);
  expect(waited.stderr).toContain('Attempt 2, because: the worker was gone');
  expect(waited.stderr).toContain('cancelled on request');
  expect(waited.stderr).toContain(COPY_AGAIN);
  expect(waited.stderr).toContain('Copied 2 files (3 kB sent)');
  const again = await cli({transfer: {progress}}, 'retry', 'copy-x');
  expect(again.status).toBe(125);
  expect(again.stderr).toContain('copy-x is a copy, not a run');
  expect(again.stderr).toContain('--overwrite different');
});
