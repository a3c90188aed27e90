import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {outputKey} from '../../src/artifacts/keys.js';
import {S3Client} from '../../src/stores/s3/client.js';
import {recorded} from '../catalog/query.js';
import {expectNoSecrets, startTeam, type Team} from '../team/team.js';
import {until} from '../until.js';
import {digests, makeInputs} from './corpus.js';
import type {OwnWorker} from './own-worker.js';
import {holderOf} from './under-way.js';

const SECRET = 'hunter2-three-workers';
const MIB = 1024 * 1024;
const FILES = 200;
const MEBIBYTES = 32;

let team: Team;
beforeAll(async () => {
  team = await startTeam(SECRET);
});
afterAll(() => team.close());

it('setup makes the bucket and everything else that is missing, and nothing the second time', async () => {
  const first = await team.operator('setup');
  expect(first.stdout).toMatch(/^changed +bucket: made team$/m);
  expect(first.stdout).toMatch(/^changed +lifecycle rule: deletes tagged outputs 92 days after they were written$/m);
  expect(first.stdout).toMatch(/^changed +search attributes/m);
  const second = await team.operator('setup');
  expect(second.stdout).not.toMatch(/^changed/m);
  expect(second.stderr).toContain('Nothing had to be changed.');

  await team.startWorkers();
});

it('a client is killed while it sends, a worker in the middle, and all are restarted in turn under load', async () => {
  const small = Array.from({length: FILES}, (_, index) => [`имя ${index}`, index * 50] as const);
  await mkdir(join(team.far.directory, 'data'));
  await makeInputs(join(team.far.directory, 'data'), {...Object.fromEntries(small), large: MEBIBYTES * MIB});
  await team.clientLine.bandwidth(24_000);
  let id = '';
  const script = 'echo "$E2E_SECRET" | wc -c; sleep 6; cp -r data out; ls data | wc -l';
  const killed = await team.far.run(
    ['run', '--target', 'gpu', '--input', 'data', '--secret-env', 'E2E_SECRET', '--', 'sh', '-c', script],
    async (kill) => {
      id = await team.openRun();
      await until('two parts are sent', async () => (await team.unfinishedBytes(id)) >= 16 * MIB);
      kill();
    },
  );
  expect(killed.status).toBeNull();
  await team.clientLine.heal();

  const load = ['load-1', 'load-2', 'load-3', 'load-4'];
  team.started.push(...load);
  const command = ['sh', '-c', 'for i in $(seq 8); do echo $i; sleep 1; done; echo made > out.txt'];
  const handles = await Promise.all(load.map((each) => team.stack.client.start({id: each, target: 'gpu', command})));
  const ran = await team.far.run(['wait', id, '--json'], async () => {
    let holder: OwnWorker | undefined;
    await until(
      'the command runs',
      async () => (holder = await holderOf(team.workers, id, ['runCommand'])) !== undefined,
      120,
    );
    expect(holder).toBeDefined();
    await holder?.kill();
    for (const worker of team.workers) {
      await worker.stop();
      await worker.start();
    }
  });
  expect(ran.stdout).toMatch(/"event":"send".*"resumedBytes":[1-9]/);
  expect(ran.status, ran.stdout.slice(-2000) + ran.stderr).toBe(0);
  expect(await team.stack.client.execution(id).result()).toMatchObject({outcome: 'succeeded', starts: 1});
  expect(await digests(join(team.far.directory, 'out'))).toEqual(await digests(join(team.far.directory, 'data')));
  for (const handle of handles) {
    expect(await handle.result()).toMatchObject({outcome: 'succeeded', starts: 1, collected: {files: 1}});
  }
});

it('PostgreSQL is killed before a run ends, which goes on and is recorded once when it is back', async () => {
  team.started.push('outage');
  const command = ['sh', '-c', 'sleep 2; echo 1 > out.txt'];
  const handle = await team.stack.client.start({id: 'outage', target: 'gpu', command});
  await team.postgres.kill();
  const made = outputKey('outage', 1, 'out.txt');
  await until('its output is collected', async () => (await team.own.stat(made).catch(() => undefined)) !== undefined);
  await sleep(1000);
  await team.postgres.start();
  expect(await handle.result()).toMatchObject({outcome: 'succeeded', warnings: []});
  expect(await recorded(team.catalog, ['outage', 'load-1'])).toEqual([
    {id: 'load-1', state: 'succeeded', runs: 1, outputs: 1},
    {id: 'outage', state: 'succeeded', runs: 1, outputs: 1},
  ]);
});

it('the store is down: a run ends soon and by its name, and goes on where it was when it is back', async () => {
  await makeInputs(team.far.directory, {given: 100_000});
  await team.server.kill();
  let id = '';
  const before = performance.now();
  const failed = await team.far.run(
    ['run', '--target', 'gpu', '--input', 'given', '--', 'cp', 'given', 'made'],
    async () => {
      id = await team.openRun();
    },
  );
  expect(failed.status).toBe(125);
  expect(failed.stderr).toContain('store.unavailable');
  expect(performance.now() - before).toBeLessThan(30_000);
  await team.server.start();
  const waited = await team.far.run(['wait', id]);
  expect(waited.stderr).toContain('Downloaded 1 file');
  expect(waited.status).toBe(0);
});

it('outputs have the tag of the lifecycle rule, and those that somebody keeps have not', async () => {
  const client = new S3Client({...team.server, bucket: team.bucket});
  const tag = async (id: string) => {
    const key = `${team.prefix}/${outputKey(id, 1, 'out.txt')}`;
    const {body} = await client.call({method: 'GET', key, query: {tagging: ''}});
    return /<Value>(\d+)<\/Value>/.exec(body.toString())?.[1];
  };
  expect(await tag('load-1')).toBe('92');
  expect((await team.far.run(['keep', 'load-1', 'forever'])).status).toBe(0);
  expect(await tag('load-1')).toBeUndefined();
  expect(await tag('load-2')).toBe('92');

  team.started.push('kept-while-it-runs');
  const handle = await team.stack.client.start({
    ...{id: 'kept-while-it-runs', target: 'gpu'},
    command: ['sh', '-c', 'sleep 3; echo made > out.txt'],
  });
  await handle.keep('forever');
  await handle.result();
  expect(await tag('kept-while-it-runs')).toBeUndefined();
  client.close();
});

it('no key, signature, password or secret value is in histories, logs, metrics, objects, the catalog or at the client', async () => {
  await expectNoSecrets(team, SECRET, 'given');
});
