import {expect, it} from 'vitest';
import {cliHomeForEach} from '../../test/cli/run-scripted.js';
import {removedOne} from '../../test/cli/scripted-client.js';
import type {Artifact, ExecutionRecord} from '../contracts/artifacts.js';
import {formatUsage} from './commands/usage.js';

const {cli} = cliHomeForEach();

const HOUR_MS = 3_600_000;
const from = (hours: number) => new Date(Date.now() + hours * HOUR_MS + 60_000).toISOString();

function artifact(name: string, more: Partial<Artifact> = {}): Artifact {
  return {
    ...{id: 'artifact_1', executionId: 'one', kind: 'output', name, key: `executions/one/outputs/${name}`},
    ...{type: 'file', size: 1_500_000, contentType: 'text/csv', mode: 0o644},
    ...{modifiedAt: from(-2), createdAt: from(-2), expiresAt: from(50)},
    ...more,
  };
}

function keptForever(): Artifact {
  const {expiresAt, ...forever} = artifact('kept');
  expect(expiresAt).toBeDefined();
  return forever;
}

it('outputs shows size, age, date, type and name, the total, and what expires soon', async () => {
  const artifacts = [
    artifact('a.csv'),
    artifact('late', {expiresAt: from(24 * 30)}),
    artifact('sub', {type: 'directory'}),
  ];
  const {stdout, stderr} = await cli({artifacts: [...artifacts, keptForever()]}, 'outputs', 'one');
  expect(stdout.split('\n').map((line) => line.replace(/ {2,}/g, ' | ').trim())).toEqual([
    expect.stringMatching(/^\| 1\.5 MB \| 1:59:00 \| in 2 d 2 h \| text\/csv \| a\.csv$/),
    expect.stringMatching(/in 30 d 0 h \| text\/csv \| late$/),
    expect.stringMatching(/- \| .* \| directory \| sub\/$/),
    expect.stringMatching(/never \| text\/csv \| kept$/),
    '',
  ]);
  expect(stderr).toContain('4 outputs, 6 MB');
  expect(stderr).toContain('Soon to expire: 2 outputs, within 4 days. Keep them with `waybill keep one 90d`');
});

it('artifacts passes on what is searched for, outputs by default', async () => {
  const found = [{...artifact('a.csv'), target: 'gpu'}];
  const plain = await cli({found}, 'artifacts');
  expect(plain.client.searches).toEqual([{kind: 'output', limit: 100}]);
  expect(plain.stdout).toMatch(/^one +1\.5 MB .* a\.csv\n$/);
  const all = ['--target', 'gpu', '--type', 'any', '--older-than', '2h', '--expires-within', '7d', '--limit', '5'];
  const {client, stdout} = await cli({found}, 'artifacts', '*.csv', ...all, '--json');
  expect(client.searches).toEqual([
    {pattern: '*.csv', target: 'gpu', olderThanMs: 2 * HOUR_MS, expiresWithinMs: 168 * HOUR_MS, limit: 5},
  ]);
  expect(JSON.parse(stdout)).toMatchObject({target: 'gpu', executionId: 'one'});
});

it('keep takes a duration or forever, and run the same for a whole run and for patterns', async () => {
  const kept = await cli({}, 'keep', 'one', '90d');
  expect(kept.client.kept).toEqual([['one', 90 * 24 * HOUR_MS]]);
  expect(kept.stderr).toBe('one and its 2 files: kept until 2026-05-01T00:00:00.000Z.\n');
  expect((await cli({}, 'keep', 'one', 'forever')).stderr).toContain('kept for ever');
  const wrong = await cli({}, 'keep', 'one', '90');
  expect(wrong).toMatchObject({status: 125});
  expect(wrong.stderr).toContain('forever');
  const flags = ['--keep', 'forever', '--keep-output', 'a=b*=2h', '--keep-output', 'c=forever'];
  const {client} = await cli({}, 'run', ...flags, 'true');
  expect(client.started).toMatchObject([
    {
      keepFor: 'forever',
      keepOutputs: [
        {pattern: 'a=b*', keepFor: 2 * HOUR_MS},
        {pattern: 'c', keepFor: 'forever'},
      ],
    },
  ]);
  expect((await cli({}, 'run', '--keep-output', '2h', 'true')).stderr).toContain('is not PATTERN=DURATION');
});

const record: ExecutionRecord = {
  ...{id: 'one', state: 'succeeded', target: 'local', command: ['true'], generation: 1},
  ...{createdAt: from(-2), outputFiles: 0, outputBytes: 0},
};

it('rm asks before it removes runs, and takes nothing that is neither a run nor a place', async () => {
  const unanswered = await cli({record}, 'rm', 'one');
  expect(unanswered).toMatchObject({status: 1});
  expect(unanswered.stderr).toContain('Nothing was removed. Without a terminal, say --yes.');
  expect(unanswered.client.removed).toEqual([]);
  const unknown = await cli({}, 'rm', 'one');
  expect(unknown).toMatchObject({status: 125});
  expect(unknown.stderr).not.toContain('Type yes');
  expect(unknown.stderr).toContain('no execution one is known');
  const {client, stderr, status} = await cli({record}, 'rm', 'one', 'two', '--yes');
  expect(status).toBe(0);
  expect(client.removed).toEqual(['one', 'two']);
  expect(stderr).toContain('one is gone: 2 files, 3 B.');
  const none = {...removedOne, removed: {...removedOne.removed, executions: 0}};
  const left = [{name: 'one', code: 'ssh.unreachable', message: 'the target is away'}];
  const waiting = await cli({record, removal: {...none, left}}, 'rm', 'one', '--yes', '--json');
  expect(waiting.status).not.toBe(0);
  expect(waiting.stdout).not.toContain('"event":"removed"');
  expect(waiting.stdout).toContain('the target is away');
  const mixed = await cli({}, 'rm', 'One!', '--yes');
  expect(mixed).toMatchObject({status: 125});
  expect(mixed.stderr).toContain('neither the ID of a run nor NAME:PATH');
});

it('usage adds up', () => {
  expect(
    formatUsage([
      {target: 'local', kind: 'output', upToDays: 1, files: 2, bytes: 1000},
      {target: 'local', kind: 'output', files: 1, bytes: 500},
    ]),
  ).toBe(
    [
      'TARGET  TYPE    AGE     FILES  SIZE',
      'local   output  to 1 d  2      1 kB',
      'local   output  older   1      500 B',
      'total                   3      1.5 kB',
    ].join('\n'),
  );
});
