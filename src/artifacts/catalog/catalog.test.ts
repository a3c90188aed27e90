import {createHash} from 'node:crypto';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {query} from '../../../test/catalog/query.js';
import {type PostgresServer, startPostgres} from '../../../test/servers/postgres.js';
import {artifact, executionRecord} from '../../contracts/artifacts.js';
import {type ExecutionResult, executionInput} from '../../contracts/execution.js';
import {outputKey} from '../keys.js';
import {type ArtifactRow, type Catalog, openCatalog} from './catalog.js';

let server: PostgresServer;
let connectionString: string;
let catalog: Catalog;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  connectionString = await server.createDatabase();
  catalog = await openCatalog({connectionString});
});
afterEach(async () => {
  await catalog.close();
});

const input = executionInput.parse({command: ['sort', 'a.txt'], label: 'Sort', environment: {LANG: 'C'}});
const nothing = {files: 0, bytes: 0, sentBytes: 0, resumedBytes: 0, failedFiles: 0};

function result(id: string, more: Partial<ExecutionResult> = {}): ExecutionResult {
  return {
    version: 1,
    executionId: id,
    outcome: 'succeeded',
    command: {outcome: 'exited', status: 0},
    target: 'local',
    generation: 1,
    staged: nothing,
    collected: nothing,
    warnings: [],
    starts: 1,
    endedAt: '2026-01-02T03:04:05.678Z',
    ...more,
  };
}

function row(name: string, size = 3, generation = 1): ArtifactRow {
  return {
    name,
    key: outputKey('one', generation, name),
    type: 'file',
    size,
    sha256: createHash('sha256').update(name).digest('hex'),
    mode: 0o640,
    modifiedAt: 1_700_000_000_123,
  };
}

async function open(id: string, runId = 'run-1') {
  return catalog.openExecution({executionId: id, runId, input});
}

async function names(id: string, kind: 'input' | 'output' | 'log' = 'output', limit = 1000) {
  const found: string[] = [];
  let after: string | undefined;
  do {
    const page = await catalog.listArtifacts({executionId: id, kind, limit, ...(after === undefined ? {} : {after})});
    found.push(...page.artifacts.map(({name}) => name));
    after = page.next;
  } while (after !== undefined);
  return found;
}

describe('opening', () => {
  test('gives an id once, to the run that asked first, however often it asks', async () => {
    expect(await open('one', 'run-1')).toBe('opened');
    expect(await open('one', 'run-1')).toBe('same');
    expect(await open('one', 'run-2')).toBe('id-used');
    const record = await catalog.getExecution('one');
    expect(executionRecord.parse(record)).toMatchObject({
      id: 'one',
      state: 'open',
      label: 'Sort',
      command: ['sort', 'a.txt'],
      generation: 1,
      outputFiles: 0,
    });
  });

  test('of many runs that ask for one id at once one wins', async () => {
    const second = await openCatalog({connectionString});
    const asks = Array.from({length: 40}, (_, n) =>
      (n % 2 === 0 ? catalog : second).openExecution({executionId: 'one', runId: `run-${n}`, input}),
    );
    const answers = await Promise.all(asks);
    await second.close();
    expect(answers.filter((answer) => answer === 'opened')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'id-used')).toHaveLength(39);
  });

  test('of many attempts of one run one opens and the others are told so', async () => {
    const answers = await Promise.all(Array.from({length: 20}, () => open('one')));
    expect(answers.filter((answer) => answer === 'opened')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'same')).toHaveLength(19);
  });

  test('takes an id up again for a retry and for nothing else', async () => {
    const retry = {...input, resume: {generation: 2, from: 'run' as const}};
    const before = catalog.openExecution({executionId: 'one', runId: 'run-2', input: retry});
    await expect(before).rejects.toMatchObject({code: 'execution.not-found'});
    await open('one');
    const failure = {code: 'execution.lost', message: 'rebooted', stage: 'run' as const};
    await catalog.finishExecution({runId: 'run-1', result: result('one', {outcome: 'lost', failure})});
    expect(await catalog.getExecution('one')).toMatchObject({state: 'lost', failureStage: 'run'});
    expect(await catalog.openExecution({executionId: 'one', runId: 'run-2', input: retry})).toBe('opened');
    expect(await catalog.openExecution({executionId: 'one', runId: 'run-2', input: retry})).toBe('same');
    const reopened = await catalog.getExecution('one');
    expect(reopened).toMatchObject({state: 'open', generation: 2});
    expect(reopened).not.toHaveProperty('failureCode');
    expect(reopened).not.toHaveProperty('endedAt');
    const tooFar = {...input, resume: {generation: 4, from: 'run' as const}};
    const third = catalog.openExecution({executionId: 'one', runId: 'run-3', input: tooFar});
    await expect(third).rejects.toMatchObject({code: 'input.invalid', expected: 2, found: 4});
  });

  test('does not take up what has ended after the retry was decided on', async () => {
    await open('one');
    const retry = (runId: string, ended: boolean, generation = 2) => ({
      ...input,
      resume: {generation, from: 'stage' as const, after: {runId, ended}},
    });
    const openAs = (runId: string, as: typeof input) => catalog.openExecution({executionId: 'one', runId, input: as});
    const end = (runId: string, generation: number) =>
      catalog.finishExecution({runId, result: result('one', {outcome: 'failed', generation})});
    const whileItRan = retry('run-1', false);
    await end('run-1', 1);
    expect(await openAs('run-2', whileItRan)).toBe('outdated');
    const planned = retry('run-1', true);
    expect(await openAs('run-3', planned)).toBe('opened');
    // It was terminated: nobody has recorded another end.
    expect(await openAs('run-4', planned)).toBe('opened');
    await end('run-4', 2);
    expect(await openAs('run-4', planned)).toBe('same');
    expect(await openAs('run-5', planned)).toBe('outdated');
    expect(await catalog.getExecution('one')).toMatchObject({state: 'failed', generation: 2});
    expect(await openAs('run-5', retry('run-4', true, 3))).toBe('opened');
  });

  test('keeps the request of the first run for a retry', async () => {
    expect(await catalog.getRetryBasis('one')).toBeUndefined();
    await open('one');
    const first = {request: input, lastGeneration: 1, lastRunId: 'run-1'};
    expect(await catalog.getRetryBasis('one')).toEqual({...first, state: 'open'});
    const failure = {code: 'store.no-space', message: 'full\0', stage: 'collect' as const};
    const ended = result('one', {outcome: 'failed', failure});
    await catalog.finishExecution({runId: 'run-1', result: ended});
    const basis = {...first, state: 'failed', failedStage: 'collect', lastResult: ended};
    expect(await catalog.getRetryBasis('one')).toEqual(basis);
    expect((await catalog.getExecution('one'))?.failureMessage).toBe('full␀');
  });
});

describe('finishing', () => {
  test('counts the outputs of the generation, once however often it is asked', async () => {
    await open('one');
    await catalog.recordArtifacts('one', 1, 'output', [
      row('a', 2 ** 40),
      row('b', 5),
      {...row('d', 0), type: 'directory'},
    ]);
    await catalog.recordArtifacts('one', 1, 'log', [row('stdout', 100)]);
    const command = {outcome: 'signalled' as const, signal: 9};
    const end = {runId: 'run-1', result: result('one', {outcome: 'failed', command})};
    expect(await catalog.finishExecution(end)).toBe('recorded');
    expect(await catalog.finishExecution(end)).toBe('same');
    expect(await catalog.getExecution('one')).toMatchObject({
      state: 'failed',
      exitStatus: 137,
      outputFiles: 2,
      outputBytes: 2 ** 40 + 5,
      endedAt: '2026-01-02T03:04:05.678Z',
    });
  });

  test('of a run that a retry has superseded changes nothing that is shown', async () => {
    await open('one');
    const retry = {...input, resume: {generation: 1, from: 'collect' as const}};
    await catalog.openExecution({executionId: 'one', runId: 'run-2', input: retry});
    const late = await catalog.finishExecution({runId: 'run-1', result: result('one', {outcome: 'failed'})});
    expect(late).toBe('superseded');
    expect(await catalog.getExecution('one')).toMatchObject({state: 'open'});
  });

  test('refuses a run that was never opened', async () => {
    await open('one');
    const end = catalog.finishExecution({runId: 'run-9', result: result('one')});
    await expect(end).rejects.toMatchObject({code: 'execution.not-found'});
  });
});

describe('artifacts', () => {
  test('keep every field, their id and their dates when they are recorded again', async () => {
    await open('one');
    const link: ArtifactRow = {...row('latest', 0), type: 'link', linkTarget: 'a\\b "c"'};
    await catalog.recordArtifacts('one', 1, 'output', [row('plot.png', 7), link], {retentionMs: 60_000});
    const first = await catalog.listArtifacts({executionId: 'one', kind: 'output', limit: 10});
    const [latest, plot] = first.artifacts.map((each) => artifact.parse(each));
    expect(plot).toMatchObject({
      executionId: 'one',
      kind: 'output',
      sha256: createHash('sha256').update('plot.png').digest('hex'),
      name: 'plot.png',
      key: 'executions/one/outputs/plot.png',
      size: 7,
      contentType: 'image/png',
      mode: 0o640,
      modifiedAt: '2023-11-14T22:13:20.123Z',
    });
    expect(plot?.id).toMatch(/^artifact_[0-9a-f-]{36}$/);
    expect(Date.parse(plot?.expiresAt ?? '') - Date.parse(plot?.createdAt ?? '')).toBe(60_000);
    expect(latest).toMatchObject({type: 'link', linkTarget: 'a\\b "c"', contentType: 'application/octet-stream'});
    await catalog.recordArtifacts('one', 1, 'output', [row('plot.png', 8)], {retentionMs: 0});
    const again = await catalog.listArtifacts({executionId: 'one', kind: 'output', limit: 10});
    expect(again.artifacts[1]).toEqual({...plot, size: 8});
    expect(again.totalSizeBytes).toBe(8);
  });

  test('that are compressed have both sizes, until they are recorded as they are', async () => {
    await open('one');
    const compressed = {...row('a', 1000), storedSize: 10, compression: 'gzip' as const};
    await catalog.recordArtifacts('one', 1, 'output', [compressed, row('b', 5)]);
    const list = async () => (await catalog.listArtifacts({executionId: 'one', kind: 'output', limit: 10})).artifacts;
    const [a, b] = await list();
    expect(a).toMatchObject({size: 1000, storedSize: 10, compression: 'gzip', sha256: compressed.sha256});
    expect(b).not.toHaveProperty('storedSize');
    expect((await catalog.usage()).reduce((sum, {bytes}) => sum + bytes, 0)).toBe(15);
    await catalog.recordArtifacts('one', 1, 'output', [row('a', 1000)]);
    expect((await list())[0]).not.toHaveProperty('compression');
  });

  test('of one batch with the same name the later counts', async () => {
    await open('one');
    await catalog.recordArtifacts('one', 1, 'output', [row('a', 1), row('b'), row('a', 2)]);
    const page = await catalog.listArtifacts({executionId: 'one', kind: 'output', limit: 10});
    expect(page.artifacts.map(({name, size}) => [name, size])).toEqual([
      ['a', 2],
      ['b', 3],
    ]);
  });

  test('of the latest generation hide the earlier ones, inputs stay', async () => {
    await open('one');
    await catalog.recordArtifacts('one', 1, 'input', [row('in')]);
    await catalog.recordArtifacts('one', 1, 'output', [row('old'), row('both', 1)]);
    await catalog.recordArtifacts('one', 2, 'output', [row('both', 2, 2)]);
    expect(await names('one')).toEqual(['both']);
    expect(await names('one', 'input')).toEqual(['in']);
    expect(await names('one', 'log')).toEqual([]);
    const old = await catalog.listArtifacts({executionId: 'one', kind: 'output', limit: 10, generation: 1});
    expect(old.artifacts.map(({name}) => name)).toEqual(['both', 'old']);
    // A frozen attempt of the first generation wakes up late.
    await catalog.recordArtifacts('one', 1, 'output', [row('late')]);
    expect(await names('one')).toEqual(['both']);
  });

  test('of an execution that nobody opened are refused and not found', async () => {
    const write = catalog.recordArtifacts('none', 1, 'output', [row('a')]);
    await expect(write).rejects.toMatchObject({code: 'execution.not-found'});
    const list = catalog.listArtifacts({executionId: 'none', kind: 'output', limit: 1});
    await expect(list).rejects.toMatchObject({code: 'execution.not-found'});
  });

  test('have times that a file system can hold and a date cannot', async () => {
    await open('one');
    const times = [Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 1.5];
    await catalog.recordArtifacts(
      'one',
      1,
      'output',
      times.map((modifiedAt, n) => ({...row(`f${n}`), modifiedAt})),
    );
    const page = await catalog.listArtifacts({executionId: 'one', kind: 'output', limit: 10});
    expect(page.artifacts.map(({modifiedAt}) => modifiedAt)).toEqual([
      '9999-12-31T23:59:59.999Z',
      '0001-01-01T00:00:00.000Z',
      '1970-01-01T00:00:00.001Z',
    ]);
  });
});

describe('names are data', () => {
  const hostile = [
    '-rf',
    ' leading and trailing ',
    'quote\'s and "doubles"',
    '$(touch x) `id` ${HOME}',
    'new\nline\r',
    'tab\tand\\backslash\\',
    '{brace,comma}',
    'NULL',
    'null',
    '%s %00 \u0001\u007f',
    'e\u0301 (NFD)',
    '\u00e9 (NFC)',
    'A',
    'a',
    'ünïcødé 日本語 🎉',
    '\u202Egpj.exe',
    '.waybill-partial-0123',
    "'; drop table executions; --",
    'x'.repeat(255),
    `${'d/'.repeat(1900)}deep`,
    // Random, so that PostgreSQL cannot compress it below the limit of an index entry.
    Array.from({length: 64}, (_, n) => createHash('sha256').update(String(n)).digest('hex').slice(0, 62)).join('/'),
  ];

  test('each hostile name is found as it was, in the order of its bytes, at every page size', async () => {
    await open('one');
    await catalog.recordArtifacts(
      'one',
      1,
      'output',
      hostile.map((name) => row(name)),
    );
    const expected = [...hostile].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(await names('one', 'output', 1000)).toEqual(expected);
    expect(await names('one', 'output', 1)).toEqual(expected);
  });

  test('names that are equal for 600 characters are paged all the same, in whatever order they came', async () => {
    await open('one');
    const alike = Array.from({length: 25}, (_, n) => `${'same/'.repeat(120)}${String.fromCharCode(97 + n)}`);
    // A batch is written in order: the later names have to come in a batch before.
    for (const name of [...alike].reverse()) await catalog.recordArtifacts('one', 1, 'output', [row(name)]);
    expect(await names('one', 'output', 4)).toEqual(alike);
  });

  test.each([
    ['NUL', 'a\0b'],
    ['half a surrogate pair', 'a\uD800'],
  ])('%s is refused by name', async (_, name) => {
    await open('one');
    const write = catalog.recordArtifacts('one', 1, 'output', [{...row('a'), name}]);
    await expect(write).rejects.toMatchObject({code: 'name.not-carried', path: name});
  });

  test('a command and a request with any text come back as they were', async () => {
    const odd = executionInput.parse({command: ['echo', '\uD800', "'\\u0000", '\n'], environment: {X: '\u0001"'}});
    await catalog.openExecution({executionId: 'odd', runId: 'r', input: odd});
    expect((await catalog.getExecution('odd'))?.command).toEqual(odd.command);
    expect((await catalog.getRetryBasis('odd'))?.request).toEqual(odd);
  });
});

describe('pages', () => {
  test('of executions show each once, the newest first, also those of one millisecond', async () => {
    const ids = Array.from({length: 30}, (_, n) => `e${String(n).padStart(2, '0')}`);
    for (const id of ids) await open(id);
    await query(
      connectionString,
      `update waybill.executions set created_at = '2026-01-01T00:00:00.001Z' where id < 'e20'`,
    );
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = await catalog.listExecutions({limit: 7, ...(after === undefined ? {} : {after})});
      found.push(...page.executions.map(({id}) => id));
      after = page.next;
    } while (after !== undefined);
    expect(found).toEqual([...ids].reverse());
  });

  test.each(['', 'x', Buffer.from('{"id":1}').toString('base64url')])('after %j is refused', async (after) => {
    await open('one');
    await expect(catalog.listExecutions({limit: 1, after})).rejects.toMatchObject({code: 'input.invalid'});
    const list = catalog.listArtifacts({executionId: 'one', kind: 'output', limit: 1, after});
    await expect(list).rejects.toMatchObject({code: 'input.invalid'});
  });

  test('of 100,000 artifacts cost what a page of 1,000 costs: an index finds them', async () => {
    await open('one');
    await open('small');
    for (const [id, count] of [
      ['one', 100_000],
      ['small', 1000],
    ]) {
      await query(
        connectionString,
        `insert into waybill.artifacts
         select $1 || n, $1, 1, 'output', name, sha256(convert_to(name, 'UTF8')), name, 'file', null, 10, 10, null, null,
           'text/plain', 420, now(), now(), now()
         from generate_series(1, $2::integer) n, lateral (select 'dir-' || n % 97 || '/file-' || n) as made (name)`,
        [id, count],
      );
    }
    await query(connectionString, 'analyze waybill.artifacts');
    const small = await pageTimes('small', 20);
    const large = await pageTimes('one', 1);
    expect(large).toHaveLength(100);
    expect(median(large)).toBeLessThan(3 * median(small));
  });
});

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Infinity;
}

async function pageTimes(executionId: string, rounds: number): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    let last = '';
    let after: string | undefined;
    do {
      const begun = performance.now();
      const page = await catalog.listArtifacts({
        executionId,
        kind: 'output',
        limit: 1000,
        ...(after === undefined ? {} : {after}),
      });
      times.push(performance.now() - begun);
      for (const {name} of page.artifacts) {
        if (name <= last) throw new Error(`${name} after ${last}`);
        last = name;
      }
      after = page.next;
    } while (after !== undefined);
  }
  return times;
}
