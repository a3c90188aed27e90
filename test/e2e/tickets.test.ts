import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {postgresConnectionString} from '../../src/embedded/postgres.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import type {Store} from '../../src/stores/store.js';
import {startMinio} from '../servers/minio.js';
import {credentials, type S3Server} from '../servers/s3-server.js';
import {startToxiproxy, type Toxiproxy} from '../servers/toxiproxy.js';
import {startVersity} from '../servers/versity.js';
import {digests, makeInputs, sha256} from './corpus.js';
import {farClient, type FarClient} from './far-client.js';
import {endTicketSessions, historiesOf, rowsOf, wordsIn} from './left-behind.js';
import {startTestStack, type TestStack} from './stack.js';
import {progressOf} from './told-progress.js';
import {enteredBlocks} from '../ledgers.js';
import {arrived, unfinished} from './unfinished.js';

const SECRET = 'hunter2-e2e-tickets';
const PREFIX = 'team/a';
const PART = 8 * 1024 * 1024;
const SCRIPTS = ['данные', '数据', 'ελληνικά', 'עברית', 'العربية', 'हिन्दी', 'ไทย', '한국어', 'e\u0301a', '😀 & co'];

// How many files a run has is our side's, which is the same for both.
describe.each([
  ['MinIO', startMinio, 1000],
  ['Versity Gateway', startVersity, 100],
])('a client with a Temporal address only, and %s', (_, startServer, files) => {
  let server: S3Server;
  /** Lines to the server: of clients, and of the worker. */
  let clientLine: Toxiproxy;
  let workerLine: Toxiproxy;
  let stack: TestStack;
  let far: FarClient;
  let own: Store;
  const started: string[] = [];

  beforeAll(async () => {
    server = await startServer();
    [clientLine, workerLine] = await Promise.all([startToxiproxy(server.port), startToxiproxy(server.port)]);
    stack = await startTestStack({
      settings: `store:
  kind: s3
  endpoint: http://127.0.0.1:${workerLine.port}
  publicEndpoint: http://127.0.0.1:${clientLine.port}
  bucket: ${server.bucket}
  prefix: ${PREFIX}
  accessKeyIdEnv: STORE_KEY
  secretAccessKeyEnv: STORE_SECRET
  ticketSeconds: 60
`,
      environment: {
        ...{STORE_KEY: credentials.accessKeyId, STORE_SECRET: credentials.secretAccessKey, E2E_SECRET: SECRET},
      },
    });
    far = await farClient(stack.address);
    own = openS3Store({name: 'own', ...server, prefix: PREFIX});
  });

  beforeEach(async () => {
    await Promise.all([clientLine.heal(), workerLine.heal()]);
  });

  afterAll(async () => {
    await endTicketSessions(stack.temporal);
    await stack.close(started);
    await own.close();
    await far.remove();
    await Promise.all([server.close(), clientLine.close(), workerLine.close()]);
  });

  /** The id of the run that was started last and is not over. */
  async function openRun(): Promise<string> {
    let id: string | undefined;
    await expect.poll(async () => (id = (await far.open()).find((each) => !started.includes(each)))).toBeDefined();
    if (id === undefined) throw new Error('no run');
    started.push(id);
    return id;
  }

  /** Bytes of unfinished inputs and outputs that the server holds. */
  async function unfinishedBytes(id: string): Promise<number> {
    let bytes = 0;
    for await (const {name, size} of own.list(`executions/${id}/partials/upload`)) {
      if (name.endsWith('.partial')) bytes += size;
    }
    return bytes;
  }

  it(`sends ${files} inputs with names in every script and fetches ${files} outputs`, async () => {
    const names = Array.from({length: files}, (__, index) => `${SCRIPTS[index % SCRIPTS.length] ?? ''} ${index}`);
    await makeInputs(join(far.directory, 'data'), Object.fromEntries(names.map((name, index) => [name, index * 20])));
    let id = '';
    const ran = await far.run(
      [
        'run',
        '--target',
        'gpu',
        '--input',
        'data',
        '--secret-env',
        'E2E_SECRET',
        '--',
        'sh',
        '-c',
        'cp -r data out; ls data | wc -l',
      ],
      async () => {
        id = await openRun();
      },
    );
    expect(ran.stderr).toContain(`Downloaded ${files} files`);
    expect(ran.stdout.trim()).toBe(String(files));
    expect(ran.status).toBe(0);
    expect(await digests(join(far.directory, 'out'))).toEqual(await digests(join(far.directory, 'data')));
    const logs = await far.run(['logs', id]);
    expect(logs.stdout.trim()).toBe(String(files));
    const listed = await far.run(['outputs', id]);
    expect(listed.stdout).toContain('한국어 7');
  });

  it('runs a batch, with one session of tickets for the files of all executions', async () => {
    const names = Array.from({length: 6}, (__, index) => `${SCRIPTS[index] ?? ''} ${index}`);
    await makeInputs(join(far.directory, 'many'), Object.fromEntries(names.map((name, index) => [name, index * 300])));
    const script = 'cp "$1" copy; case $1 in *3) exit 4;; esac';
    const ran = await far.run(['run', '--batch', 'many/*', '--', 'sh', '-c', script, 'sh', '{}']);
    const [, id = ''] = /^Batch (\S+) on/m.exec(ran.stderr) ?? [];
    started.push(id);
    expect(ran.stderr).toMatch(/^עברית 3 +\S+ +exited with 4$/m);
    expect(ran.status).toBe(120);
    const sent = await digests(join(far.directory, 'many'));
    const fetched = await digests(join(far.directory, 'outputs'));
    for (const name of names.filter((each) => !each.endsWith('3'))) expect(fetched[`${name}/copy`]).toBe(sent[name]);
    let sessions = 0;
    for await (const {workflowId} of stack.temporal.workflow.list()) {
      if (workflowId.startsWith(`tickets-${id}`)) sessions += 1;
    }
    expect(sessions).toBe(1);
  });

  it('takes up a large input after the client was killed, the worker, and the client again', async () => {
    await makeInputs(far.directory, {'big.bin': 8 * PART});
    const sum = await sha256(join(far.directory, 'big.bin'));
    await clientLine.bandwidth(24_000);
    let id = '';
    const killed = await far.run(
      ['run', '--target', 'gpu', '--input', 'big.bin', '--', 'cp', 'big.bin', 'copy.bin'],
      async (kill) => {
        id = await openRun();
        await expect.poll(() => unfinishedBytes(id).catch(() => 0)).toBeGreaterThanOrEqual(3 * PART);
        kill();
      },
    );
    expect(killed.status).toBeNull();
    await clientLine.heal();
    await workerLine.bandwidth(24_000);
    const waited = await far.run(['wait', id, '--remote-only', '--json'], async () => {
      const look = () => unfinished(stack, 'gpu', id, 'stage');
      await arrived(look, 2, stack.client.execution(id).result());
      await stack.killWorker();
      await workerLine.heal();
    });
    const sent = progressOf(waited.stdout, 'send');
    expect(sent?.resumedBytes).toBeGreaterThanOrEqual(2 * PART);
    expect(waited.status).toBe(0);
    const result = await stack.client.execution(id).result();
    expect(result.staged).toMatchObject({files: 1, bytes: 8 * PART});
    expect(result.staged.resumedBytes).toBeGreaterThanOrEqual(2 * PART);
    await clientLine.bandwidth(24_000);
    const half = join(far.directory, `.waybill-${id}`);
    await far.run(['download', id], async (kill) => {
      await expect.poll(() => enteredBlocks(half)).toBeGreaterThanOrEqual(2);
      kill();
    });
    const again = await far.run(['download', id, '--json']);
    expect(again.stdout).toContain('"outcome":"resumed"');
    expect(await sha256(join(far.directory, 'copy.bin'))).toBe(sum);
    expect(await readdir(far.directory)).not.toContain(`.waybill-${id}`);
    await clientLine.heal();
  });

  it('fails soon where the store does not answer the client, and sends the rest when it does', async () => {
    await makeInputs(far.directory, {'cut.bin': 4 * PART, small: 10});
    await clientLine.bandwidth(16_000);
    let id = '';
    const failed = await far.run(
      ['run', '--input', 'cut.bin', '--input', 'small', '--', 'sha256sum', 'cut.bin'],
      async () => {
        id = await openRun();
        await expect.poll(() => unfinishedBytes(id).catch(() => 0)).toBeGreaterThan(0);
        await clientLine.cut();
      },
    );
    expect(failed.status).toBe(125);
    expect(failed.stderr).toContain('store.unavailable');
    expect(failed.stderr).toContain(`waybill wait ${id}`);
    const still = await far.run(['wait', id]);
    expect(still.status).toBe(125);
    expect(still.stderr).toContain('store.unavailable');
    await clientLine.heal();
    const waited = await far.run(['wait', id]);
    expect(waited.stdout).toBe(`${await sha256(join(far.directory, 'cut.bin'))}  cut.bin\n`);
    expect(waited.status).toBe(0);
  });

  it('goes on after the store was killed for some seconds in the middle of a run', async () => {
    await makeInputs(far.directory, {'given.bin': 100_000});
    const script = 'for i in $(seq 1 50); do echo line $i; sleep 0.1; done; cp given.bin made.bin';
    const ran = await far.run(
      ['run', '--target', 'gpu', '--input', 'given.bin', '--', 'sh', '-c', script],
      async () => {
        const id = await openRun();
        await expect
          .poll(() =>
            stack.temporal.workflow
              .getHandle(id)
              .query<{stage: string}>('state')
              .then(({stage}) => stage),
          )
          .toBe('run');
        await sleep(1000);
        await server.kill();
        await sleep(6000);
        await server.start();
      },
    );
    expect(ran.stdout.trim().split('\n')).toEqual(Array.from({length: 50}, (__, index) => `line ${index + 1}`));
    expect(ran.status).toBe(0);
    expect(await sha256(join(far.directory, 'made.bin'))).toBe(await sha256(join(far.directory, 'given.bin')));
  });

  it('leaves no key, signature or secret value in histories, logs, objects, the catalog or at the client', async () => {
    const forbidden = [credentials.secretAccessKey, 'X-Amz-Signature', 'X-Amz-Credential', SECRET];
    const {postgres} = await stack.record();
    if (postgres === undefined) throw new Error('no catalog runs');
    const rows = await rowsOf(await postgresConnectionString(postgres));
    expect(rows).toMatch(/\(ticket_[0-9a-f]{64},\S+,upload,/);
    const places = {
      histories: {text: await historiesOf(stack.temporal)},
      logs: {directory: join(stack.stateDirectory, 'logs')},
      objects: {directory: join(server.directory, server.bucket)},
      catalog: {text: rows},
      client: {directory: join(far.home, '.local')},
    };
    // What is looked through is what is meant: tickets were asked for there, and sealed.
    const held = await wordsIn(places, ['"publicKey"', '"sealed"', 'worker ready', 'given.bin']);
    for (const word of ['"publicKey"', '"sealed"']) expect(held['histories']).toContain(word);
    expect(held['logs']).toContain('worker ready');
    for (const place of ['objects', 'catalog']) expect(held[place]).toContain('given.bin');
    expect(await wordsIn(places, forbidden)).toEqual({});
  });
});
