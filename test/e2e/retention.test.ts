import {mkdir, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import type pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {StartOptions} from '../../src/client/api.js';
import {workflowNames} from '../../src/contracts/names.js';
import type {RetentionResult} from '../../src/contracts/retention.js';
import {until} from '../until.js';
import {queryCatalog} from '../catalog/query.js';
import {startTestStack, type TestStack} from './stack.js';
import {waybillCommand} from './waybill-command.js';

let stack: TestStack;
const started: string[] = [];
beforeAll(async () => {
  // Slow enough that a worker can be killed in the middle of a sweep.
  stack = await startTestStack({settings: 'retention: {deletesPerSecond: 150}\n'});
});
afterAll(() => stack.close(started));

async function sql<T extends pg.QueryResultRow>(statement: string, values?: unknown[]): Promise<T[]> {
  return await queryCatalog<T>(stack, statement, values);
}

/** The worker's: it makes new ones. */
async function endConnections(): Promise<void> {
  await sql(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'waybill'`);
}

let sweeps = 0;
async function sweep(): Promise<RetentionResult> {
  const workflowId = `sweep-${(sweeps += 1)}`;
  started.push(workflowId);
  return await stack.temporal.workflow.execute<() => Promise<RetentionResult>>(workflowNames.retention, {
    ...{workflowId, taskQueue: 'waybill', args: []},
  });
}

async function run(id: string, more: Partial<StartOptions> = {}) {
  started.push(id);
  const command = ['sh', '-c', 'mkdir out; echo 1 > out/a.txt; echo 22 > b.log; echo said'];
  const handle = await stack.client.start({id, command, ...more});
  expect(await handle.result()).toMatchObject({outcome: 'succeeded'});
}

/** As if their time had come. */
async function expire(...ids: readonly string[]): Promise<void> {
  await sql(`update waybill.executions set expires_at = now() - interval '1 day' where id = any($1)`, [ids]);
  await sql(`update waybill.artifacts set expires_at = now() - interval '1 day' where execution_id = any($1)`, [ids]);
}

async function there(...path: readonly string[]): Promise<boolean> {
  return await stat(join(stack.storeRoot, ...path)).then(
    () => true,
    () => false,
  );
}

async function remains(id: string): Promise<readonly boolean[]> {
  return [await there('executions', id), await there('journal', id), (await recordOf(id)) !== undefined];
}

async function recordOf(id: string) {
  return await stack.client.execution(id).record();
}

function waybill(...args: readonly string[]) {
  return waybillCommand(stack, stack.directory, args, {
    environment: {WAYBILL_STATE_DIRECTORY: stack.stateDirectory},
  });
}

const gone = [false, false, false];
const whole = [true, true, true];

describe('a sweep', () => {
  it('removes what has expired, wholly, and nothing that is kept, running or younger, while new runs start', async () => {
    for (const id of ['old-1', 'old-2', 'kept', 'young']) await run(id);
    await run('partly', {
      keepOutputs: [{pattern: '*.log', keepFor: 1}],
      command: ['sh', '-c', 'echo > a; echo > b.log'],
    });
    await run('brief', {keepFor: 1, command: ['true']});
    started.push('running');
    const running = await stack.client.start({id: 'running', command: ['sleep', '60']});
    await until('it runs', async () => (await running.record())?.state === 'open');
    await expire('old-1', 'old-2', 'kept', 'running');
    await stack.client.execution('kept').keep('forever');
    const new1 = run('new-1');
    const result = await sweep();
    await new1;
    // A log of each that said something, and two outputs.
    expect(result.removed).toMatchObject({executions: 3, artifacts: 7});
    expect(result.left).toEqual([]);
    for (const id of ['old-1', 'old-2', 'brief']) expect(await remains(id)).toEqual(gone);
    for (const id of ['kept', 'young', 'new-1', 'partly']) expect(await remains(id)).toEqual(whole);
    expect((await recordOf('running'))?.state).toBe('open');
    const names: string[] = [];
    for await (const {name} of stack.client.execution('partly').outputs()) names.push(name);
    expect(names).toEqual(['a']);
    expect(await there('executions/partly/outputs/b.log')).toBe(false);
    await running.cancel();
    await running.result();
    // An id is used once.
    await expect(stack.client.start({id: 'old-1', command: ['true']})).rejects.toMatchObject({
      code: 'execution.id-used',
    });
  });

  it('killed with -9 in the middle goes on, and counts everything once', async () => {
    const ids = Array.from({length: 300}, (_, n) => `bulk-${String(n).padStart(3, '0')}`);
    for (const id of ids) {
      await mkdir(join(stack.storeRoot, 'executions', id, 'outputs'), {recursive: true});
      await writeFile(join(stack.storeRoot, 'executions', id, 'outputs/a'), 'x');
    }
    await sql(
      `insert into waybill.executions (id, target, command, request, state, generation, last_run_id, created_at,
         ended_at, expires_at)
       select id, 'local', '["true"]', '{"version":1,"command":["true"]}', 'succeeded', 1, 'r', now(), now(),
         now() - interval '1 hour' from unnest($1::text[]) as id`,
      [ids],
    );
    await sql(
      `insert into waybill.artifacts (id, execution_id, generation, kind, name, name_digest, key, type, size,
         stored_size, content_type, mode, modified_at, created_at, expires_at)
       select 'artifact_' || id, id, 1, 'output', 'a', sha256('a'), 'executions/' || id || '/outputs/a', 'file', 1, 1,
         'text/plain', 420, now(), now(), now() - interval '1 hour' from unnest($1::text[]) as id`,
      [ids],
    );
    const swept = sweep();
    const removed = async () => {
      const [row] = await sql<{n: number}>(
        `select executions::integer as n from waybill.retention_runs order by started_at desc limit 1`,
      );
      return row?.n ?? 0;
    };
    await until('the first are gone', async () => (await removed()) >= 100);
    expect(await removed()).toBeLessThan(300);
    await stack.killWorker();
    expect((await swept).removed).toMatchObject({executions: 300, artifacts: 300, bytes: 300});
    const left = (await readdir(join(stack.storeRoot, 'executions'))).filter((name) => name.startsWith('bulk-'));
    expect(left).toEqual([]);
    expect(await remains('kept')).toEqual(whole);
  });

  it('leaves one whose record cannot go, and removes the others of its round', async () => {
    for (const id of ['stuck-1', 'stuck-2', 'stuck-3']) await run(id, {command: ['true']});
    await expire('stuck-1', 'stuck-2', 'stuck-3');
    await sql(`create function waybill.refuse() returns trigger language plpgsql as
      $$ begin raise exception 'not this one'; end $$`);
    await sql(`create trigger refuse before delete on waybill.executions for each row when (old.id = 'stuck-2')
      execute function waybill.refuse()`);
    const {removed, left} = await sweep();
    expect(removed.executions).toBe(2);
    expect(left).toMatchObject([{name: 'stuck-2', code: 'catalog.failed'}]);
    expect(left[0]?.message).toContain('not this one');
    expect(await remains('stuck-1')).toEqual(gone);
    await sql('drop trigger refuse on waybill.executions');
    expect((await sweep()).removed.executions).toBe(1);
    for (const id of ['stuck-2', 'stuck-3']) expect(await remains(id)).toEqual(gone);
  });

  it('removes nothing from a store that is not the one of the catalog', async () => {
    await run('foreign');
    await expire('foreign');
    const marker = join(stack.storeRoot, 'waybill-store.json');
    const own = await readFile(marker, 'utf8');
    for (const content of [own.replace(/[0-9a-f]{8}-/, '00000000-'), undefined]) {
      if (content === undefined) await rm(marker);
      else await writeFile(marker, content);
      const failure = {cause: {cause: {type: 'retention.foreign-store'}}};
      await expect(sweep()).rejects.toMatchObject(failure);
      expect(await remains('foreign')).toEqual(whole);
    }
    await writeFile(marker, own);
    expect((await sweep()).removed.executions).toBe(1);
    expect(await remains('foreign')).toEqual(gone);
  });

  it('removes nothing while the clocks of PostgreSQL and Temporal differ', async () => {
    await run('skewed');
    await expire('skewed');
    // A clock of PostgreSQL that is wrong by two days: found before its own, by whoever connects from now on.
    await sql(`create function waybill.clock_timestamp() returns timestamptz language sql as
      $$ select pg_catalog.clock_timestamp() + interval '2 days' $$`);
    await sql(`alter database waybill set search_path = waybill, pg_catalog`);
    await endConnections();
    await expect(sweep()).rejects.toMatchObject({cause: {type: 'retention.clocks-differ'}});
    expect(await remains('skewed')).toEqual(whole);
    await sql(`alter database waybill reset search_path`);
    await sql(`drop function waybill.clock_timestamp()`);
    await endConnections();
    expect((await sweep()).removed.executions).toBe(1);
    expect(await remains('skewed')).toEqual(gone);
  });

  it('dates an execution whose workflow was terminated, and removes its kept workspace with it', async () => {
    started.push('terminated');
    const handle = await stack.client.start({id: 'terminated', command: ['sleep', '600']});
    const workspace = join(stack.workspaceRoot('local'), 'terminated/g1');
    await until('it runs', async () =>
      (await readdir(join(workspace, 'control')).catch(() => [''])).includes('started'),
    );
    await stack.temporal.workflow.getHandle('terminated').terminate();
    await sql(`update waybill.runs set opened_at = now() - interval '40 days' where execution_id = 'terminated'`);
    await sweep();
    const record = await handle.record();
    expect(record?.state).toBe('lost');
    expect(Date.parse(record?.expiresAt ?? '')).toBeGreaterThan(Date.now() + 29 * 86_400_000);
    await expire('terminated');
    await sweep();
    expect(await remains('terminated')).toEqual(gone);
    expect((await stat(workspace)).isFile()).toBe(true);
  });
});

describe('the commands', () => {
  it('outputs, artifacts, usage and list say when files expire, and warn before', async () => {
    await run('told', {keepFor: 47.5 * 3_600_000});
    const outputs = await waybill('outputs', 'told');
    expect(outputs.stdout).toMatch(/2 B +0:\d\d {2}in 1 d 23 h +text\/plain +out\/a\.txt/);
    expect(outputs.stderr).toContain('Soon to expire: 2 outputs');
    const [first] = (await waybill('outputs', 'told', '--json')).stdout.split('\n');
    expect(JSON.parse(first ?? '')).toMatchObject({
      ...{name: 'b.log', manifest: 'journal/told/g1/collect/manifest.ndjson', size: 3},
    });
    const found = await waybill('artifacts', 'a.*', '--younger-than', '1h', '--json');
    const ids = found.stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(ids).toContainEqual(expect.objectContaining({executionId: 'told', name: 'out/a.txt', target: 'local'}));
    expect((await waybill('usage')).stdout).toMatch(/^local +output +to 1 d +\d+ +\d+ B$/m);
    expect((await waybill('list')).stderr).toContain('waybill keep told');
  });

  it('keep and rm', async () => {
    await run('removed');
    const kept = await waybill('keep', 'removed', '90d', '--json');
    const {expiresAt} = JSON.parse(kept.stdout) as {expiresAt: string};
    expect(Math.round((Date.parse(expiresAt) - Date.now()) / 86_400_000)).toBe(90);
    expect((await waybill('keep', 'nothing-of-that-name', '1d')).stderr).toContain('execution.not-found');
    // Nobody answers the question.
    expect(await waybill('rm', 'removed')).toMatchObject({status: 1});
    expect(await remains('removed')).toEqual(whole);
    expect(await waybill('rm', 'removed', '--yes')).toMatchObject({status: 0});
    expect(await remains('removed')).toEqual(gone);
    started.push('remove:removed');
    expect((await waybill('rm', 'nothing-of-that-name')).stderr).toContain('execution.not-found');
  });

  it('rm takes a run away that was terminated in Temporal, with its process and workspace, and none that runs', async () => {
    started.push('cut-off', 'remove:cut-off');
    await stack.client.start({id: 'cut-off', command: ['sleep', '600']});
    const control = join(stack.workspaceRoot('local'), 'cut-off/g1/control');
    await until('it runs', async () => (await readdir(control).catch(() => [''])).includes('started'));
    expect((await waybill('rm', 'cut-off', '--yes')).stderr).toContain('execution.open');
    await stack.temporal.workflow.getHandle('cut-off').terminate();
    expect(await waybill('rm', 'cut-off', '--yes')).toMatchObject({status: 0});
    expect(await remains('cut-off')).toEqual(gone);
    expect((await stat(join(stack.workspaceRoot('local'), 'cut-off/g1'))).isFile()).toBe(true);
  });

  it('setup changes what is missing, and nothing the second time; doctor finds all well, and what is not', async () => {
    await stack.temporal.schedule.getHandle('waybill-retention').delete();
    const first = await waybill('setup');
    expect(first).toMatchObject({status: 0});
    expect(first.stdout).toContain('retention schedule: waybill-retention, every 24 h: created');
    expect(first.stdout).toContain('added WaybillTarget, WaybillLabel');
    const {stderr} = await waybill('run', '--name', 'Nightly', 'true');
    const [, id = ''] = /^Run (\S+) on /m.exec(stderr) ?? [];
    started.push(id);
    await until('Temporal finds it by its attributes', async () => {
      const query = `WaybillTarget = 'local' AND WaybillLabel = 'Nightly'`;
      for await (const {workflowId} of stack.temporal.workflow.list({query})) return workflowId === id;
      return false;
    });
    const second = await waybill('setup');
    expect(second.stdout).not.toMatch(/^changed/m);
    expect(second.stderr).toContain('Nothing had to be changed.');
    expect(await waybill('doctor')).toMatchObject({status: 0});
    await stack.temporal.schedule.getHandle('waybill-retention').delete();
    const ill = await waybill('doctor');
    expect(ill.status).toBe(1);
    expect(ill.stdout).toMatch(/retention schedule.*\n {2}Run `waybill setup`/);
    await waybill('setup');
    const elsewhere = {WAYBILL_STORE_PATH: join(stack.directory, 'no-store')};
    const looked = await waybillCommand(stack, stack.directory, ['doctor'], {environment: elsewhere});
    expect(looked.stdout).toMatch(/store: the default store is not at .*no-store yet\n {2}Run `waybill setup`/);
    expect(await readdir(stack.directory)).not.toContain('no-store');
  });

  it('catalog check finds what one side lacks, and rebuild makes the catalog again with its decisions', async () => {
    await run('rebuilt', {label: 'Once more', keepOutputs: [{pattern: 'b.log', keepFor: 'forever'}]});
    const before = {record: await recordOf('rebuilt'), kept: await recordOf('kept')};
    expect(await waybill('catalog', 'check')).toMatchObject({status: 0, stdout: ''});
    const outputs = (await waybill('outputs', 'rebuilt', '--json')).stdout;

    await sql('drop schema waybill cascade');
    const marker = await readFile(join(stack.storeRoot, 'waybill-store.json'), 'utf8');
    const [storeId = ''] = /[0-9a-f-]{36}/.exec(marker) ?? [];
    const refused = await waybill('setup');
    expect(refused.status).toBe(125);
    expect(refused.stderr).toContain(`has the id ${storeId}, and the catalog`);
    expect(refused.stderr).toContain('waybill catalog rebuild');
    expect(await waybill('catalog', 'rebuild')).toMatchObject({status: 0});
    expect((await waybill('catalog', 'rebuild')).stderr).toContain('0 runs restored');
    expect(await recordOf('rebuilt')).toEqual(before.record);
    expect(await recordOf('kept')).toEqual(before.kept);
    const dates = (text: string) => text.replace(/"(createdAt|expiresAt)":"[^"]*"/g, '"$1"');
    expect(dates((await waybill('outputs', 'rebuilt', '--json')).stdout)).toBe(dates(outputs));
    expect(await waybill('catalog', 'check')).toMatchObject({status: 0, stdout: ''});

    await rm(join(stack.storeRoot, 'executions/rebuilt/outputs/b.log'));
    await writeFile(join(stack.storeRoot, 'executions/rebuilt/outputs/out/stray'), 'x');
    const {status, stdout} = await waybill('catalog', 'check');
    expect(status).toBe(1);
    expect(stdout.trim().split('\n').sort()).toEqual([
      'no file    rebuilt  b.log  (executions/rebuilt/outputs/b.log)',
      'no record  rebuilt  executions/rebuilt/outputs/out/stray',
    ]);
  });

  it('catalog rebuild takes a run that is retried meanwhile for what it is, and its end is recorded', async () => {
    started.push('again');
    const [tried, goOn] = [join(stack.directory, 'tried'), join(stack.directory, 'go-on')];
    const script = `test -e ${tried} || { touch ${tried}; exit 1; }; until test -e ${goOn}; do sleep 0.1; done; echo > b`;
    const handle = await stack.client.start({id: 'again', command: ['sh', '-c', script]});
    expect(await handle.result()).toMatchObject({outcome: 'failed'});
    await handle.keep('forever');
    await handle.retry();
    await until('it runs again', async () => (await recordOf('again'))?.state === 'open');
    // Its first run is known from the store, as one that has ended long ago.
    await sql('drop schema waybill cascade');
    expect(await waybill('catalog', 'rebuild')).toMatchObject({status: 0});
    expect(await recordOf('again')).toMatchObject({state: 'open', kept: true});
    expect((await sweep()).removed.executions).toBe(0);
    await writeFile(goOn, '');
    expect(await handle.result()).toMatchObject({outcome: 'succeeded'});
    expect(await recordOf('again')).toMatchObject({state: 'succeeded', kept: true, outputFiles: 1});
  });
});
