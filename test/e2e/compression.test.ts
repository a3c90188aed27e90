import {execFileSync, spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {executionRoot, inputManifestKey, inputsRoot, partialsRoot} from '../../src/artifacts/keys.js';
import type {ExecutionHandle} from '../../src/client/api.js';
import type {Artifact} from '../../src/contracts/artifacts.js';
import {openLocalStore} from '../../src/stores/local/store.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import type {Store} from '../../src/stores/store.js';
import {startMinio} from '../servers/minio.js';
import {credentials, type S3Server} from '../servers/s3-server.js';
import {startToxiproxy, type Toxiproxy} from '../servers/toxiproxy.js';
import {queryCatalog} from '../catalog/query.js';
import {blocksIn, enteredBlocks} from '../ledgers.js';
import {sha256, writeText} from './corpus.js';
import {type FarClient, farClient} from './far-client.js';
import {endTicketSessions} from './left-behind.js';
import {leftovers, startTestStack, type TestStack} from './stack.js';
import {progressOf} from './told-progress.js';
import {arrived, unfinished} from './unfinished.js';

const LOWEST = 'compression: {minBytes: 16777216}\n';

/** Half a text that shrinks by a quarter: several blocks of compressed bytes. Beside it what must stay as it is. */
const JOB = `head -c 26000000 /dev/urandom | base64 > big.csv
head -c 17000000 /dev/urandom > noise.txt
head -c 13000000 /dev/urandom | base64 > taken.txt; echo mine > taken.txt.gz
echo small > small.txt
sha256sum < big.csv | cut -c 1-64`;

/** What begins a run that tells the digest of one input. */
const SUM = ['run', '--target', 'gpu', '--remote-only', '--input'];

/** Blocks and members that a later attempt may take up. */
const ENTERED = 4;

describe.each([
  ['the local store', undefined],
  ['MinIO', startMinio],
])('large texts in %s', (name, startServer) => {
  let server: S3Server | undefined;
  let targetLine: Toxiproxy;
  let stack: TestStack;
  let far: FarClient;
  let store: Store;
  let handle: ExecutionHandle;
  let digest: string;
  /** The run whose input was compressed. */
  let sent: string;
  const started: string[] = [];

  beforeAll(async () => {
    server = await startServer?.();
    const s3 = server && {...server, prefix: 'p'};
    stack = await startTestStack({
      line: async (port) => (targetLine = await startToxiproxy(port)).port,
      settings:
        LOWEST +
        (s3 === undefined
          ? ''
          : `store: {kind: s3, endpoint: "${s3.endpoint}", bucket: ${s3.bucket}, prefix: p, accessKeyIdEnv: STORE_KEY, secretAccessKeyEnv: STORE_SECRET}\n`),
      environment: {STORE_KEY: credentials.accessKeyId, STORE_SECRET: credentials.secretAccessKey},
    });
    far = await farClient(stack.address);
    store = s3 === undefined ? openLocalStore({name: 'own', root: stack.storeRoot}) : openS3Store({name: 'own', ...s3});
  });

  afterAll(async () => {
    await endTicketSessions(stack.temporal);
    await stack.close(started);
    await Promise.all([store.close(), far.remove(), server?.close(), targetLine.close()]);
  });

  it('are taken up where they were when the worker was killed, and lie there as gzip files', async () => {
    await expect.poll(() => stack.client.usage()).toEqual([]);
    const hit = await collectedWithKill();
    handle = hit.run;
    const {collected} = await handle.result();
    expect(collected.resumedBytes).toBeGreaterThan(0);
    expect(collected.resumedBytes).toBeLessThan(collected.bytes);
    const outputs = new Map<string, Artifact>();
    for await (const output of handle.outputs()) outputs.set(output.name, output);
    digest = await loggedDigest();
    expect(outputs.get('big.csv')).toMatchObject({
      ...{size: 35_122_809, sha256: digest, compression: 'gzip', contentType: 'text/csv'},
      key: `executions/${handle.id}/outputs/big.csv.gz`,
    });
    for (const plain of ['noise.txt', 'taken.txt', 'taken.txt.gz', 'small.txt'])
      expect(outputs.get(plain)).not.toHaveProperty('compression');
    const {key = '', storedSize} = outputs.get('big.csv') ?? {};
    expect(await store.stat(key)).toMatchObject({size: storedSize});
    expect(storedSize).toBeLessThan(28_000_000);
    expect(await gunzipped(key)).toBe(digest);
    expect((await usedBytes()) - hit.usedBefore).toBeLessThan(28_000_000 + 36_000_000);
    const listed = await far.run(['outputs', handle.id]);
    expect(listed.stdout).toContain('big.csv');
  });

  it('come back as they were, also when the client was killed meanwhile', async () => {
    for (let tries = 1; tries <= 4; tries += 1) {
      const out = join(far.directory, `out-${tries}`);
      const unfinished = join(out, `.waybill-${handle.id}`);
      const killed = await far.run(['download', handle.id, 'big.csv', '--out', out], async (kill) => {
        const there = async (): Promise<readonly string[]> => await readdir(out).catch(() => []);
        while (!(await there()).includes('big.csv') && (await enteredBlocks(unfinished)) < 2) await delay(3);
        kill();
      });
      if (killed.status !== null || !(await readdir(out)).includes(`.waybill-${handle.id}`)) continue;
      const again = await far.run(['download', handle.id, '--out', out, '--json']);
      expect(again.stdout).toContain('"outcome":"resumed"');
      expect(await sha256(join(out, 'big.csv'))).toBe(digest);
      expect(await readFile(join(out, 'taken.txt.gz'), 'utf8')).toBe('mine\n');
      expect((await readdir(out)).sort()).toEqual(['big.csv', 'noise.txt', 'small.txt', 'taken.txt', 'taken.txt.gz']);
      return;
    }
    throw new Error('four downloads were through before they could be killed');
  });

  it('that are inputs go up compressed by a client that is killed, and are staged as they were by a worker that is', async () => {
    const given = join(far.directory, 'given.csv');
    await writeText(given, randomBytes(26_000_000).toString('base64'));
    const original = {size: 34_666_668, sha256: await sha256(given)};
    const id = await sentWithKill();
    await targetLine.bandwidth(24_000);
    const waited = await far.run(['wait', id, '--remote-only', '--json'], async () => {
      await arrived(() => unfinished(stack, 'gpu', id, 'stage'), 2, stack.client.execution(id).result());
      await stack.killWorker();
      await targetLine.heal();
    });
    expect(waited.status, waited.stderr).toBe(0);
    expect(progressOf(waited.stdout, 'send')?.resumedBytes).toBeGreaterThan(0);
    const {staged} = await stack.client.execution(id).result();
    expect(staged).toMatchObject({files: 1, bytes: original.size});
    expect(staged.resumedBytes).toBeGreaterThan(0);
    expect((await far.run(['logs', id])).stdout).toBe(`${original.sha256}  -\n`);
    const inputs: Artifact[] = [];
    for await (const found of stack.client.artifacts({executionIds: [id], kind: 'input'})) inputs.push(found);
    const key = `${inputsRoot(id)}/given.csv.gz`;
    expect(inputs).toMatchObject([{name: 'given.csv', key, ...original, compression: 'gzip'}]);
    expect(await store.stat(key)).toMatchObject({size: inputs[0]?.storedSize});
    expect(inputs[0]?.storedSize).toBeLessThan(0.8 * original.size);
    expect(await gunzipped(key)).toBe(original.sha256);
    expect(await leftovers(stack, id)).toEqual([]);
    const names: string[] = [];
    for await (const entry of store.list(inputsRoot(id))) names.push(entry.name);
    for await (const entry of store.list(executionRoot(id))) names.push(entry.name);
    expect(names.sort()).toEqual(['given.csv.gz', 'inputs', 'inputs.ndjson', 'logs']);
    sent = id;
  });

  it('are found where the catalog says, with the size that it says, also when it was made again from the store', async () => {
    expect(catalog('check')).toBe('');
    await queryCatalog(stack, 'drop schema waybill cascade');
    catalog('rebuild');
    expect(catalog('check')).toBe('');
  });

  it('go with their run', async () => {
    expect(await far.run(['rm', sent, '--yes'])).toMatchObject({status: 0});
    expect(await store.stat(executionRoot(sent))).toBeUndefined();
  });

  /** A run whose inputs were half sent when its client was killed: a fast machine may be through before. */
  async function sentWithKill(): Promise<string> {
    for (let tries = 1; tries <= 4; tries += 1) {
      let id = '';
      await far.run([...SUM, 'given.csv', '--', 'sh', '-c', 'sha256sum < given.csv'], async (kill) => {
        while (id === '') id = (await far.open()).find((each) => !started.includes(each)) ?? '';
        started.push(id);
        const all = inputManifestKey(id);
        const half = async () => (await entered(`${partialsRoot(id)}/upload`)) >= ENTERED;
        while (!(await half()) && (await store.stat(all)) === undefined) await delay(3);
        kill();
      });
      if ((await store.stat(inputManifestKey(id))) === undefined) return id;
    }
    throw new Error('four clients had sent everything before they could be killed');
  }

  /** A job whose collecting was hit: a fast machine may be through before. `usedBefore` is what those take that were. */
  async function collectedWithKill(): Promise<{readonly run: ExecutionHandle; readonly usedBefore: number}> {
    for (let tries = 1; tries <= 4; tries += 1) {
      const usedBefore = await usedBytes();
      const id = `texts-${name.replaceAll(/\W/g, '').toLowerCase()}-${tries}`;
      started.push(id);
      const run = await stack.client.start({id, target: 'gpu', command: ['sh', '-c', JOB]});
      const over = new AbortController();
      const settle = (): void => over.abort();
      run.result().then(settle, settle);
      while (!over.signal.aborted && (await entered(partialsRoot(id))) < ENTERED) await delay(10);
      if (!over.signal.aborted) await stack.killWorker();
      const result = await run.result();
      if (result.outcome !== 'succeeded') throw new Error(result.failure?.message);
      if (result.collected.resumedBytes > 0) return {run, usedBefore};
    }
    throw new Error('four executions were through before they could be hit');
  }

  async function usedBytes(): Promise<number> {
    return (await stack.client.usage()).reduce((sum, {bytes}) => sum + bytes, 0);
  }

  /** Entries of the ledgers in a directory of the store. */
  async function entered(directory: string): Promise<number> {
    let found = 0;
    try {
      for await (const entry of store.list(directory)) {
        if (!entry.name.endsWith('.ledger')) continue;
        const ledger = await store.getObject(`${directory}/${entry.name}`, 1_000_000);
        if (ledger !== undefined) found += blocksIn(ledger);
      }
    } catch {
      // Not there yet, or not any more.
    }
    return found;
  }

  async function loggedDigest(): Promise<string> {
    let text = '';
    for await (const {data} of handle.logs({streams: ['stdout']})) text += Buffer.from(data).toString();
    return text.trim();
  }

  /** SHA-256 of what the system's own gunzip makes of an object. */
  async function gunzipped(key: string): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'waybill-gunzip-'));
    const object = await store.getObject(key, 64 * 1024 * 1024);
    await writeFile(join(directory, 'object.gz'), object ?? '');
    execFileSync('gunzip', ['object.gz'], {cwd: directory});
    const found = await sha256(join(directory, 'object'));
    await rm(directory, {recursive: true});
    return found;
  }

  function catalog(what: 'check' | 'rebuild'): string {
    return spawnSync(process.execPath, [join(process.cwd(), 'bin/waybill.cjs'), 'catalog', what], {
      env: {
        ...process.env,
        ...{STORE_KEY: credentials.accessKeyId, STORE_SECRET: credentials.secretAccessKey},
        ...{TEMPORAL_ADDRESS: stack.address, WAYBILL_CONFIG: join(stack.directory, 'waybill.yaml')},
        WAYBILL_STATE_DIRECTORY: stack.stateDirectory,
      },
      encoding: 'utf8',
    }).stdout;
  }
});
