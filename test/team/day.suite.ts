import {once} from 'node:events';
import {mkdir, readdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {ExecutionHandle} from '../../src/client/api.js';
import {workflowNames} from '../../src/contracts/names.js';
import type {RetentionResult} from '../../src/contracts/retention.js';
import {generateText} from '../../src/transfer/testing/texts.js';
import {query, recorded} from '../catalog/query.js';
import type {CommandLineEnd} from '../e2e/command-line.js';
import {digests, makeInputs} from '../e2e/corpus.js';
import {partialOf} from '../e2e/fault-job.js';
import {between, faultSeed, randomOf} from '../e2e/seeds.js';
import {leftovers} from '../e2e/stack.js';
import {progressOf} from '../e2e/told-progress.js';
import {holderOf} from '../e2e/under-way.js';
import {unfinished} from '../e2e/unfinished.js';
import {uploadsOnDisk} from '../servers/s3-server.js';
import {until} from '../until.js';
import {expectNoSecrets, startTeam, type Team} from './team.js';

/** Small inputs. */
const FILES = Number(process.env['WAYBILL_TEST_FILES'] ?? 1000);
/** Of the largest input; a text of a quarter of it lies beside. */
const MEBIBYTES = Number(process.env['WAYBILL_TEST_MEBIBYTES'] ?? 2048);
const OUTAGE_MS = 30_000;
const KIB_A_SECOND = 40 * MEBIBYTES;
const SECRET = 'hunter2-team-day';
const MIB = 1024 * 1024;
const OLD_RUNS = Array.from({length: 10}, (_, index) => `old-${index}`);
const LOAD = Array.from({length: 6}, (_, index) => `load-${index}`);
const MOVES = ['planMove', 'moveSegment'];
const SCRIPTS = ['данные', '数据', 'ελληνικά', 'עברית', 'العربية', 'हिन्दी', 'ไทย', '한국어', 'e\u0301a', '😀 & co'];
const MINUTES = 60_000;

const random = randomOf('team-day');
/** Of the largest input, in bytes, from the third to the sixth tenth of it. */
const aPart = () => (between(random, 3, 6) / 10) * MEBIBYTES * MIB;

let team: Team;
let id = '';
let goOn: string;
let waiting: {readonly kill: () => void; readonly ended: Promise<CommandLineEnd>} | undefined;
beforeAll(async () => {
  team = await startTeam(SECRET);
  goOn = join(team.stack.directory, 'go-on');
});
afterAll(async () => {
  waiting?.kill();
  await team.close();
}, 5 * MINUTES);

function nameInScripts(index: number): string {
  const script = (at: number) => SCRIPTS[at % SCRIPTS.length] ?? '';
  return `${script(index)}/${script(index * 7 + 3)} ${index}`;
}

/** `waybill wait`, which goes on while the test does. */
async function startWaiting(): Promise<NonNullable<typeof waiting>> {
  let kill = () => {};
  const begun = new AbortController();
  const ended = team.far.run(['wait', id, '--json'], async (killIt) => {
    kill = killIt;
    begun.abort();
  });
  if (!begun.signal.aborted) await once(begun.signal, 'abort');
  // Its number may be that of another process then.
  const over = () => void (kill = () => {});
  ended.then(over, over);
  return {kill: () => kill(), ended};
}

async function temporalDown(): Promise<void> {
  for (const end = Date.now() + OUTAGE_MS; Date.now() < end; ) await team.stack.killTemporal();
}

async function holder(activities: readonly string[]) {
  return await holderOf(team.workers, id, activities);
}

describe(`a day of a team (WAYBILL_FAULT_SEED=${faultSeed})`, () => {
  it('begins with setup, three workers and runs that have their time behind them', async () => {
    expect((await team.operator('setup')).status).toBe(0);
    await team.startWorkers();
    team.started.push(...OLD_RUNS, 'kept');
    const command = ['sh', '-c', 'echo made > out.txt'];
    const run = async (each: string): Promise<ExecutionHandle> => {
      const handle = await team.stack.client.start({id: each, target: 'gpu', command});
      expect(await handle.result()).toMatchObject({outcome: 'succeeded'});
      return handle;
    };
    for (const each of OLD_RUNS) await run(each);
    await (await run('kept')).keep('forever');
    const expired = [[...OLD_RUNS, 'kept']];
    await query(
      team.catalog,
      `update waybill.executions set expires_at = now() - interval '1 day' where id = any($1)`,
      expired,
    );
    await query(
      team.catalog,
      `update waybill.artifacts set expires_at = now() - interval '1 day' where execution_id = any($1) and expires_at is not null`,
      expired,
    );
  });

  it(
    'sends inputs although the client is killed, and the store is down for half a minute',
    async () => {
      const data = join(team.far.directory, 'data');
      await mkdir(data);
      const sizes: Record<string, number> = {large: MEBIBYTES * MIB};
      for (let index = 0; index < FILES; index += 1) sizes[nameInScripts(index)] = index * 37;
      await makeInputs(data, sizes);
      await generateText(join(data, 'access.log'), 'log', (MEBIBYTES / 4) * MIB);
      const script = `echo "$E2E_SECRET" | wc -c; until test -e '${goOn}'; do sleep 0.2; done; cp -r data out; find data -type f | wc -l`;
      const killed = await team.far.run(
        ['run', '--target', 'gpu', '--input', 'data', '--secret-env', 'E2E_SECRET', '--', 'sh', '-c', script],
        async (kill) => {
          id = await team.openRun();
          const sent = aPart() / 2;
          await until('a part is sent', async () => (await team.unfinishedBytes(id)) >= sent, 300);
          kill();
        },
      );
      expect(killed.status).toBeNull();
      const held = await team.unfinishedBytes(id);
      let backAt = 0;
      const failed = await team.far.run(['wait', id, '--json'], async () => {
        await until('more is sent', async () => (await team.unfinishedBytes(id)) >= held + (MEBIBYTES / 32) * MIB, 300);
        await team.server.kill();
        backAt = Date.now() + OUTAGE_MS;
      });
      expect(failed.stdout.slice(-2000)).toContain('"store.unavailable"');
      expect(failed.status).toBe(125);
      expect(failed.stdout).toMatch(/"event":"send".*"resumedBytes":[1-9]/);
      await sleep(backAt - Date.now());
      await team.server.start();
      waiting = await startWaiting();
    },
    15 * MINUTES,
  );

  it(
    'stages them although its worker is killed, and Temporal is down for half a minute',
    async () => {
      const bytes = aPart();
      const arrived = async () => (await unfinished(team.stack, 'gpu', id, 'stage')).bytes;
      await until('a part is staged', async () => (await arrived()) >= bytes, 600);
      const killed = await holder(MOVES);
      await killed?.kill();
      await temporalDown();
      await killed?.start();
      await until('the command runs', async () => (await holder(['runCommand'])) !== undefined, 600);
      expect(killed).toBeDefined();
    },
    25 * MINUTES,
  );

  it(
    'sweeps what has expired while all workers are restarted in turn and new runs start',
    async () => {
      team.started.push('sweep', ...LOAD);
      const command = ['sh', '-c', 'for i in $(seq 8); do echo $i; sleep 1; done; echo made > out.txt'];
      const handles: ExecutionHandle[] = [];
      const sweep = await team.stack.temporal.workflow.start<() => Promise<RetentionResult>>(workflowNames.retention, {
        ...{workflowId: 'sweep', taskQueue: 'waybill', args: []},
      });
      for (const [index, worker] of team.workers.entries()) {
        for (const each of LOAD.slice(2 * index, 2 * index + 2)) {
          handles.push(await team.stack.client.start({id: each, target: 'gpu', command}));
        }
        await worker.stop();
        await worker.start();
      }
      expect((await sweep.result()).removed).toMatchObject({executions: OLD_RUNS.length});
      for (const each of OLD_RUNS) expect(await team.stack.client.execution(each).record()).toBeUndefined();
      expect(await team.stack.client.execution('kept').record()).toMatchObject({state: 'succeeded', kept: true});
      for (const handle of handles) {
        expect(await handle.result()).toMatchObject({outcome: 'succeeded', starts: 1, collected: {files: 1}});
      }
    },
    10 * MINUTES,
  );

  it(
    'collects outputs although the store and then PostgreSQL are down for half a minute',
    async () => {
      await writeFile(goOn, '');
      const bytes = aPart();
      await until('a part is collected', async () => (await team.unfinishedBytes(id, 'outputs')) >= bytes, 600);
      await team.server.kill();
      await sleep(OUTAGE_MS);
      await team.server.start();
      // Slow enough that the client, which waits, can be killed while it downloads.
      await team.clientLine.bandwidth(KIB_A_SECOND);
      await team.postgres.kill();
      await sleep(OUTAGE_MS);
      await team.postgres.start();
      const result = await team.stack.client.execution(id).result();
      expect(result).toMatchObject({outcome: 'succeeded', starts: 1, warnings: []});
      expect(result.collected).toMatchObject({files: FILES + 2});
    },
    25 * MINUTES,
  );

  it(
    'brings them back although the client is killed, byte for byte',
    async () => {
      if (waiting === undefined) throw new Error('no client waits');
      const early = waiting.ended.then(({status, stdout}) => {
        if (status !== null) throw new Error(`the client ended with ${status}: ${stdout.slice(-2000)}`);
      });
      await Promise.race([early, partialOf(join(team.far.directory, `.waybill-${id}`), aPart())]);
      waiting.kill();
      const {status: killed, stdout: said} = await waiting.ended;
      expect(killed, said.slice(-2000)).toBeNull();
      await team.clientLine.heal();
      const {status, stdout} = await team.far.run(['download', id, '--json']);
      expect(status, stdout.slice(-2000)).toBe(0);
      expect(progressOf(stdout, 'download')?.resumedBytes).toBeGreaterThan(0);
      const given = await digests(join(team.far.directory, 'data'));
      expect(Object.keys(given)).toHaveLength(FILES + 2);
      expect(await digests(join(team.far.directory, 'out'))).toEqual(given);
    },
    15 * MINUTES,
  );

  it('leaves nothing over, and a catalog that agrees with the store', async () => {
    expect(await leftovers(team.stack, id)).toEqual([]);
    expect(await team.unfinishedBytes(id)).toBe(0);
    expect(await team.unfinishedBytes(id, 'outputs')).toBe(0);
    expect(await uploadsOnDisk(team.server)).toEqual([]);
    expect(await readdir(team.far.directory)).toEqual(expect.arrayContaining(['data', 'out']));
    expect((await readdir(team.far.directory)).filter((name) => name.startsWith('.'))).toEqual([]);
    // What it knew of the run goes with the first command that follows it to its end.
    expect((await team.far.run(['wait', id])).status).toBe(0);
    expect(await team.far.open()).toEqual([]);
    expect(await team.operator('catalog', 'check')).toMatchObject({status: 0, stdout: ''});
    expect(await recorded(team.catalog, [id])).toEqual([{id, state: 'succeeded', runs: 1, outputs: FILES + 2}]);
  });

  it(
    'has told its secrets to nobody',
    async () => {
      await expectNoSecrets(team, SECRET, 'access.log');
    },
    10 * MINUTES,
  );
});
