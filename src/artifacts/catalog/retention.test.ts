import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import pg from 'pg';
import {type PostgresServer, startPostgres} from '../../../test/servers/postgres.js';
import {type ExecutionResult, executionInput, type ExecutionRequest} from '../../contracts/execution.js';
import {WaybillError} from '../../contracts/errors.js';
import {outputKey} from '../keys.js';
import type {TicketIssue} from '../tickets/issue.js';
import {IssueLog} from '../tickets/issue-log.js';
import {type ArtifactRow, type Catalog, openCatalog} from './catalog.js';

const DAY_MS = 86_400_000;
const nothing = {files: 0, bytes: 0, sentBytes: 0, resumedBytes: 0, failedFiles: 0};

let server: PostgresServer;
let connectionString: string;
let catalog: Catalog;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  connectionString = await server.createDatabase();
  catalog = await openCatalog({connectionString});
});
afterEach(() => catalog.close());

function row(id: string, name: string, more: Partial<ArtifactRow> = {}): ArtifactRow {
  return {name, key: outputKey(id, 1, name), type: 'file', size: 10, mode: 0o600, modifiedAt: 0, ...more};
}

function result(executionId: string, more: Partial<ExecutionResult> = {}): ExecutionResult {
  return {
    ...{version: 1, executionId, outcome: 'succeeded', target: 'local', generation: 1, starts: 1, warnings: []},
    ...{staged: nothing, collected: nothing, endedAt: new Date().toISOString()},
    ...more,
  };
}

async function open(id: string, more: Partial<ExecutionRequest> = {}): Promise<void> {
  const input = executionInput.parse({command: ['true'], ...more});
  expect(await catalog.openExecution({executionId: id, runId: 'r1', input})).toBe('opened');
}

/** Ended with files that are kept for so many days, `null` for ever. */
async function ended(id: string, days: number | null, files: readonly ArtifactRow[] = [row(id, 'a')]): Promise<void> {
  await open(id);
  const keepMs = days === null ? null : days * DAY_MS;
  await catalog.recordArtifacts(id, 1, 'output', files, {retentionMs: keepMs});
  await catalog.finishExecution({runId: 'r1', result: result(id), keepMs});
}

const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);
const expired = async (days: number) =>
  (await catalog.retention.findExpired({cutoff: inDays(days), limit: 100})).map(({id}) => id);

describe('what has expired', () => {
  it('is found by the date alone: not what is kept, open, younger or in part', async () => {
    await ended('day', 1);
    await ended('month', 30);
    await ended('forever', null);
    await ended('part', 1, [row('part', 'short'), row('part', 'long', {keepMs: 90 * DAY_MS})]);
    await open('running');
    expect(await expired(0.9)).toEqual([]);
    expect(await expired(1.1)).toEqual(['day']);
    expect(await expired(31)).toEqual(['day', 'month']);
    expect(await expired(91)).toEqual(['day', 'month', 'part']);
    expect(await expired(36_000)).toEqual(['day', 'month', 'part']);
  });

  it('counts from the later of two clocks', async () => {
    await open('ahead');
    const at = inDays(100).toISOString();
    await catalog.recordArtifacts('ahead', 1, 'output', [row('ahead', 'a')], {retentionMs: DAY_MS, at});
    await catalog.finishExecution({runId: 'r1', result: result('ahead', {endedAt: at}), keepMs: DAY_MS});
    expect(await expired(100.9)).toEqual([]);
    expect(await expired(101.1)).toEqual(['ahead']);
    await open('behind');
    const long = inDays(-100).toISOString();
    await catalog.finishExecution({runId: 'r1', result: result('behind', {endedAt: long}), keepMs: DAY_MS});
    expect(await expired(0.9)).toEqual([]);
  });

  it('is not taken away any more once somebody keeps it', async () => {
    await ended('one', 1);
    expect(await catalog.keepExecution({executionId: 'one', keepMs: null})).toEqual({artifacts: 1});
    expect(await expired(1000)).toEqual([]);
    expect(await catalog.retention.claimExecutions(['one'], inDays(1000))).toEqual([]);
    expect(await catalog.getExecution('one')).toMatchObject({kept: true});
    const again = await catalog.keepExecution({executionId: 'one', keepMs: 5 * DAY_MS});
    expect(Date.parse(again.expiresAt ?? '')).toBeGreaterThan(inDays(4.9).getTime());
    expect(await expired(5.1)).toEqual(['one']);
  });

  it('kept while it ran stays kept, its files too', async () => {
    await open('one');
    await catalog.keepExecution({executionId: 'one', keepMs: null});
    await catalog.recordArtifacts('one', 1, 'output', [row('one', 'a')], {retentionMs: DAY_MS});
    await catalog.finishExecution({runId: 'r1', result: result('one'), keepMs: DAY_MS});
    expect(await expired(1000)).toEqual([]);
    const {artifacts} = await catalog.listArtifacts({executionId: 'one', kind: 'output', limit: 1});
    expect(artifacts[0]).not.toHaveProperty('expiresAt');
  });

  it('kept while its files were being recorded stays kept, all of it', async () => {
    await open('one');
    // Holds the recording up in the middle of its statement, which has looked already whether the run is kept.
    const other = new pg.Client({connectionString});
    await other.connect();
    await other.query(`begin; insert into waybill.artifacts (id, execution_id, generation, kind, name, name_digest, key,
        type, size, stored_size, content_type, mode, modified_at, created_at, expires_at)
      values ('x', 'one', 1, 'output', 'a', sha256('a'), 'k', 'file', 1, 1, 't', 0, now(), now(), now())`);
    const recording = catalog.recordArtifacts('one', 1, 'output', [row('one', 'a')], {retentionMs: DAY_MS});
    const waits = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
    while ((await other.query(waits)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await catalog.keepExecution({executionId: 'one', keepMs: null})).toEqual({artifacts: 0});
    await other.query('rollback');
    await other.end();
    await recording;
    await catalog.finishExecution({runId: 'r1', result: result('one'), keepMs: DAY_MS});
    expect(await catalog.retention.findExpiredArtifacts({cutoff: inDays(1000), limit: 10})).toEqual([]);
  });

  it('is not what a retry has collected again, whatever its first date was', async () => {
    await ended('one', 1, [row('one', 'a'), row('one', 'b')]);
    const all = async (days: number) => await catalog.retention.findExpiredArtifacts({cutoff: inDays(days), limit: 10});
    // A sweep that was killed has claimed it.
    const [first] = await all(1.5);
    expect(await catalog.retention.claimArtifacts([first?.id ?? ''], inDays(1.5))).toHaveLength(1);
    const at = inDays(2).toISOString();
    const input = executionInput.parse({command: ['true'], resume: {generation: 1, from: 'collect'}});
    await catalog.openExecution({executionId: 'one', runId: 'r2', input});
    await catalog.recordArtifacts('one', 1, 'output', [row('one', 'a'), row('one', 'b')], {retentionMs: DAY_MS, at});
    await catalog.finishExecution({runId: 'r2', result: result('one', {endedAt: at}), keepMs: DAY_MS});
    expect(await all(2.9)).toEqual([]);
    expect(await all(3.1)).toHaveLength(2);
  });

  it('counts from the end of a retry, where it was kept until a date that has passed', async () => {
    await ended('one', 30);
    await catalog.keepExecution({executionId: 'one', keepMs: -DAY_MS});
    const input = executionInput.parse({command: ['true'], resume: {generation: 2, from: 'run'}});
    await catalog.openExecution({executionId: 'one', runId: 'r2', input});
    await catalog.recordArtifacts('one', 2, 'output', [row('one', 'b')], {retentionMs: DAY_MS});
    await catalog.finishExecution({runId: 'r2', result: result('one', {generation: 2}), keepMs: DAY_MS});
    expect(await expired(0.9)).toEqual([]);
    const found = await catalog.retention.findExpiredArtifacts({cutoff: inDays(0.9), limit: 10});
    expect(found.map(({key}) => key)).toEqual([outputKey('one', 1, 'a')]);
  });

  it('is not claimed while a retry has it, and is not retried once it is claimed', async () => {
    await ended('retried', 1);
    await ended('claimed', 1);
    const retry = executionInput.parse({command: ['true'], resume: {generation: 2, from: 'run'}});
    await catalog.openExecution({executionId: 'retried', runId: 'r2', input: retry});
    expect(await catalog.retention.claimExecutions(['retried', 'claimed'], inDays(2))).toEqual(['claimed']);
    const late = catalog.openExecution({executionId: 'claimed', runId: 'r2', input: retry});
    await expect(late).rejects.toMatchObject({code: 'execution.not-found'});
    await expect(catalog.keepExecution({executionId: 'claimed', keepMs: null})).rejects.toMatchObject({
      code: 'execution.not-found',
    });
    expect(await catalog.getExecution('claimed')).toBeUndefined();
    // A sweep that was killed after the claim finds it again, whatever the date.
    expect(await expired(0)).toEqual(['claimed']);
  });
});

describe('what is forgotten', () => {
  it('is counted once, in the step in which it goes, and its id is not used again', async () => {
    await ended('one', 1, [row('one', 'a'), row('one', 'b')]);
    await catalog.retention.begin('sweep');
    await catalog.retention.claimExecutions(['one'], inDays(2));
    await catalog.retention.forgetExecutions('sweep', ['one']);
    await catalog.retention.forgetExecutions('sweep', ['one']);
    await catalog.retention.end('sweep');
    expect(await catalog.retention.lastRun()).toMatchObject({id: 'sweep', executions: 1, artifacts: 2, bytes: 20});
    expect(await catalog.retention.wasRemoved('one')).toBe(true);
    const input = executionInput.parse({command: ['true']});
    expect(await catalog.openExecution({executionId: 'one', runId: 'r9', input})).toBe('id-used');
    await catalog.retention.forgetIds(inDays(1));
    expect(await catalog.openExecution({executionId: 'one', runId: 'r9', input})).toBe('opened');
  });

  it('leaves an execution that was not claimed', async () => {
    await ended('one', 1);
    await catalog.retention.begin('sweep');
    await catalog.retention.forgetExecutions('sweep', ['one']);
    expect(await catalog.getExecution('one')).toMatchObject({state: 'succeeded'});
    expect((await catalog.listArtifacts({executionId: 'one', kind: 'output', limit: 9})).artifacts).toHaveLength(1);
  });

  it('may be single files of an execution that stays', async () => {
    await ended('one', 30, [row('one', 'short', {keepMs: DAY_MS}), row('one', 'long')]);
    await catalog.retention.begin('sweep');
    const found = await catalog.retention.findExpiredArtifacts({cutoff: inDays(2), limit: 10});
    expect(found).toMatchObject([{executionId: 'one', key: 'executions/one/outputs/short', log: false}]);
    const ids = found.map(({id}) => id);
    expect(await catalog.retention.claimArtifacts(ids, inDays(0))).toEqual([]);
    expect(await catalog.retention.claimArtifacts(ids, inDays(2))).toEqual(ids);
    await catalog.retention.forgetArtifacts('sweep', ids);
    const {artifacts} = await catalog.listArtifacts({executionId: 'one', kind: 'output', limit: 10});
    expect(artifacts.map(({name}) => name)).toEqual(['long']);
  });
});

it('an open execution is not removed on request, and one that nobody knows is said to be unknown', async () => {
  await open('one');
  await expect(catalog.retention.requestRemoval('one')).rejects.toMatchObject({code: 'execution.open'});
  await expect(catalog.retention.requestRemoval('two')).rejects.toMatchObject({code: 'execution.not-found'});
});

it('an execution whose workflow vanished gets the time of one that has just ended', async () => {
  await open('one');
  expect(await catalog.retention.findAbandoned({cutoff: inDays(-1), limit: 9})).toEqual([]);
  expect(await catalog.retention.findAbandoned({cutoff: inDays(1), limit: 9})).toEqual(['one']);
  await catalog.retention.dateAbandoned(['one'], inDays(30));
  expect(await catalog.getExecution('one')).toMatchObject({state: 'lost'});
  expect(await expired(29)).toEqual([]);
  expect(await expired(31)).toEqual(['one']);
});

it('what a worker of an earlier version ended gets a date, and what is kept for ever does not', async () => {
  await ended('old', 30);
  await ended('forever', null);
  const client = new pg.Client({connectionString});
  await client.connect();
  await client.query(`update waybill.executions set expires_at = null where id = 'old'`);
  await client.end();
  await open('running');
  await catalog.retention.dateUndated(inDays(30));
  expect(await expired(31)).toEqual(['old']);
});

it('what the store is told of an execution makes the same record again', async () => {
  await ended('one', 30);
  await catalog.keepExecution({executionId: 'one', keepMs: 90 * DAY_MS});
  const stored = await catalog.storedExecution('one');
  if (!stored) throw new Error('nothing to store');
  const before = await catalog.getExecution('one');
  const {artifacts} = await catalog.listArtifacts({executionId: 'one', kind: 'output', limit: 1});
  const other = await openCatalog({connectionString: await server.createDatabase()});
  try {
    const createdAt = stored.runs[0]?.result?.endedAt ?? '';
    const outputs = {generation: 1, kind: 'output', rows: [row('one', 'a')], retentionMs: DAY_MS, createdAt} as const;
    expect(await other.restoreExecution(stored, [outputs])).toBe(true);
    expect(await other.restoreExecution(stored, [outputs])).toBe(false);
    expect(await other.getExecution('one')).toEqual({...before, outputFiles: 0, outputBytes: 0});
    const again = await other.listArtifacts({executionId: 'one', kind: 'output', limit: 1});
    expect(again.artifacts[0]).toMatchObject({id: artifacts[0]?.id, expiresAt: artifacts[0]?.expiresAt});
    expect(await other.storedExecution('one')).toEqual(stored);
  } finally {
    await other.close();
  }
});

describe('artifacts of all executions', () => {
  async function found(search: Parameters<Catalog['findArtifacts']>[0]) {
    return (await catalog.findArtifacts(search)).artifacts
      .map(({executionId, name}) => `${executionId}:${name}`)
      .sort();
  }

  it('are found by pattern, target, kind, age and date', async () => {
    await ended('one', 1, [row('one', 'a.csv'), row('one', 'sub/b.csv'), row('one', 'c.[x]')]);
    await open('two', {target: 'gpu'});
    await catalog.recordArtifacts('two', 1, 'log', [row('two', 'stdout')]);
    const limit = 100;
    expect(await found({limit, pattern: '*.csv'})).toEqual(['one:a.csv', 'one:sub/b.csv']);
    expect(await found({limit, pattern: 'sub/*'})).toEqual(['one:sub/b.csv']);
    expect(await found({limit, pattern: '**/b.csv'})).toEqual(['one:sub/b.csv']);
    expect(await found({limit, pattern: 'c.[x]'})).toEqual(['one:c.[x]']);
    expect(await found({limit, target: 'gpu'})).toEqual(['two:stdout']);
    expect(await found({limit, kind: 'log'})).toEqual(['two:stdout']);
    expect(await found({limit, olderThanMs: DAY_MS})).toEqual([]);
    expect(await found({limit, youngerThanMs: DAY_MS})).toHaveLength(4);
    expect(await found({limit, expiresWithinMs: 2 * DAY_MS})).toHaveLength(3);
  });

  it('come page by page, each once', async () => {
    await ended(
      'one',
      1,
      Array.from({length: 25}, (_, n) => row('one', `f${n}`)),
    );
    const names: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await catalog.findArtifacts({limit: 7, ...(after === undefined ? {} : {after})});
      names.push(...page.artifacts.map(({name}) => name));
      after = page.next;
      if (after === undefined) break;
    }
    expect(new Set(names).size).toBe(25);
    expect(names).toHaveLength(25);
  });

  it('are added up by target, kind and age', async () => {
    await ended('one', 1, [row('one', 'a'), row('one', 'b')]);
    await ended('two', 1, [row('two', 'c')]);
    const client = new pg.Client({connectionString});
    await client.connect();
    await client.query(`update waybill.artifacts set created_at = now() - interval '8 days' where name = 'c'`);
    await client.query(`update waybill.artifacts set created_at = now() - interval '1 year' where name = 'b'`);
    await client.end();
    expect(await catalog.usage()).toEqual([
      {target: 'local', kind: 'output', upToDays: 1, files: 1, bytes: 10},
      {target: 'local', kind: 'output', upToDays: 30, files: 1, bytes: 10},
      {target: 'local', kind: 'output', files: 1, bytes: 10},
    ]);
  });
});

describe('issued tickets', () => {
  const HOUR_MS = 3_600_000;

  function issue(executionId: string, name: string, more: Partial<TicketIssue> = {}): TicketIssue {
    const at = Date.now();
    const [key, purpose] = [`team/executions/${executionId}/${name}`, 'upload'] as const;
    return {executionId, purpose, name, key, maxBytes: 5, issuedAt: at, expiresAt: at + HOUR_MS, requests: 1, ...more};
  }

  async function recorded(): Promise<unknown[]> {
    const client = new pg.Client({connectionString});
    await client.connect();
    const columns = 'execution_id, purpose, name, max_bytes::integer, requests::integer';
    const {rows} = await client.query<Record<string, unknown>>(
      `select ${columns} from waybill.tickets order by execution_id, name`,
    );
    await client.end();
    return rows;
  }

  it('are added up by name, not for what is gone, and go when they have expired', async () => {
    await open('one');
    const later = {requests: 3, maxBytes: 9, expiresAt: Date.now() + 2 * HOUR_MS};
    await catalog.recordTickets([issue('one', 'inputs/a'), issue('one', 'inputs/b'), issue('gone', 'inputs/a')]);
    await catalog.recordTickets([issue('one', 'inputs/a', later)]);
    const a = {execution_id: 'one', purpose: 'upload', name: 'inputs/a', max_bytes: 9, requests: 4};
    const b = {...a, name: 'inputs/b', max_bytes: 5, requests: 1};
    expect(await recorded()).toEqual([a, b]);
    await catalog.retention.begin('sweep');
    await catalog.retention.forgetTickets('sweep', new Date(Date.now() + 1.5 * HOUR_MS));
    expect(await recorded()).toEqual([a]);
    expect(await catalog.retention.getRun('sweep')).toMatchObject({tickets: 1});
  });

  it('wait for PostgreSQL where it does not answer, and are counted once', async () => {
    await open('one');
    let away = true;
    const failures: unknown[] = [];
    const log = new IssueLog({
      write: (issues) =>
        away ? Promise.reject(new WaybillError('catalog.unavailable', 'away')) : catalog.recordTickets(issues),
      onFailure: (error) => failures.push(error),
    });
    for (let n = 0; n < 3; n += 1) log.add([issue('one', 'inputs/a'), issue('one', `inputs/${n}`)]);
    await log.close();
    expect(failures).toHaveLength(1);
    expect(await recorded()).toEqual([]);
    away = false;
    await log.close();
    expect(await recorded()).toMatchObject([{name: 'inputs/0', requests: 1}, {}, {}, {name: 'inputs/a', requests: 3}]);
  });
});
