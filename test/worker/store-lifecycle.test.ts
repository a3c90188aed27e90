import {createHash} from 'node:crypto';
import {MockActivityEnvironment} from '@temporalio/testing';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {exemptOutputs} from '../../activities/exempt-outputs.js';
import {outputKey} from '../../src/artifacts/keys.js';
import {configuration, type Configuration} from '../../src/config/schema.js';
import type {TargetCheck} from '../../src/contracts/catalog.js';
import {patterned} from '../../src/stores/contract/subject.js';
import {S3Client} from '../../src/stores/s3/client.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import type {Store} from '../../src/stores/store.js';
import {checkRules} from '../../src/worker/operations/check-rules.js';
import {setUpBucket, setUpRules} from '../../src/worker/operations/setup-bucket.js';
import {openStoreLifecycle} from '../../src/worker/store-lifecycle.js';
import {startMinio} from '../servers/minio.js';
import {credentials, type S3Server} from '../servers/s3-server.js';
import {startVersity} from '../servers/versity.js';

const BUCKET = 'made-by-setup';
const PREFIX = 'team/a';
const PART = 8 * 1024 * 1024;
const environment = {AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey};

function settings(server: S3Server, days = 30): Configuration {
  return configuration.parse({
    stateDirectory: '/nonexistent',
    store: {kind: 's3', endpoint: server.endpoint, bucket: BUCKET, prefix: PREFIX},
    targets: {},
    retention: {days},
  });
}

async function setUp(server: S3Server, days?: number): Promise<readonly string[]> {
  const steps: string[] = [];
  for (const set of [setUpBucket, setUpRules]) {
    for await (const {name, outcome} of set(settings(server, days), environment)) steps.push(`${name} ${outcome}`);
  }
  return steps;
}

async function put(store: Store, id: string): Promise<void> {
  const partialPath = `executions/${id}/partials/small.partial`;
  const small = {
    destination: outputKey(id, 1, 'small'),
    partial: partialPath,
    content: Buffer.from('x'),
    ifExists: 'keep',
  } as const;
  await store.putFiles([{...small, sha256: '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'}]);
  const destination = outputKey(id, 2, 'large');
  const path = `executions/${id}/partials/large.partial`;
  await store.makeDirectory(`executions/${id}/partials`);
  const partial = await store.openPartial({path, size: PART + 1, intended: {destination}});
  await partial.write(0, patterned(PART));
  await partial.write(PART, patterned(1));
  await partial.publish({destination, ifExists: 'keep'});
  await partial.close();
}

describe.each([
  ['MinIO', startMinio],
  ['Versity Gateway', startVersity],
] as const)('setting up a bucket on %s', (name, startServer) => {
  const hasLifecycle = name === 'MinIO';
  let server: S3Server;
  let client: S3Client;
  let store: Store;
  beforeAll(async () => {
    server = await startServer();
    client = new S3Client({...server, bucket: BUCKET});
    store = openS3Store({...server, bucket: BUCKET, name: 'store', prefix: PREFIX});
  });
  afterAll(async () => {
    await store.close();
    client.close();
    await server.close();
  });

  const rules = async () =>
    (await client.call({method: 'GET', query: {lifecycle: ''}})).body.toString().match(/<Rule>.*?<\/Rule>/gs) ?? [];

  /** The tags of the outputs of an execution, as the server tells them. */
  async function tags(id: string): Promise<readonly (string | undefined)[]> {
    return await Promise.all(
      [outputKey(id, 1, 'small'), outputKey(id, 2, 'large')].map(async (path) => {
        const {body} = await client.call({method: 'GET', key: `${PREFIX}/${path}`, query: {tagging: ''}});
        return /<Tag><Key>waybill-delete-after-days<\/Key><Value>(\d+)<\/Value><\/Tag>/.exec(body.toString())?.[1];
      }),
    );
  }

  const lifecycle = (days = 30) => {
    const {retention} = settings(server, days);
    return openStoreLifecycle({connection: {...server, bucket: BUCKET}, prefix: PREFIX, store, retention});
  };

  it('makes bucket and rules, and nothing the second time', async () => {
    const before = lifecycle();
    const first = await setUp(server);
    expect(first[0]).toBe('bucket changed');
    expect(first[1]).toBe(`lifecycle rule ${hasLifecycle ? 'changed' : 'left-out'}`);
    expect((await setUp(server)).filter((step) => step.endsWith(' changed'))).toEqual([]);
    await before.close();
  });

  it('doctor tells whether the rules are there, and what to do where they are not', async () => {
    const told = async (days?: number, keys = environment) => {
      const checks: TargetCheck[] = [];
      for await (const check of checkRules(settings(server, days), keys)) checks.push(check);
      return checks;
    };
    if (!hasLifecycle) {
      const detail: unknown = expect.stringContaining('the server has no such rules');
      expect(await told()).toEqual([{name: 'lifecycle rule', outcome: 'ok', detail}]);
      return;
    }
    expect(await told()).toMatchObject([
      {name: 'lifecycle rule', outcome: 'ok', detail: 'deletes tagged outputs 92 days after they were written'},
      {name: 'rule for unfinished uploads', outcome: 'ok'},
    ]);
    const remedy: unknown = expect.stringContaining('waybill setup');
    expect(await told(45)).toMatchObject([{name: 'lifecycle rule', outcome: 'warning', remedy}]);
    const refused = await told(30, {...environment, AWS_SECRET_ACCESS_KEY: 'another'});
    expect(refused).toMatchObject([{name: 'lifecycle rule', outcome: 'warning'}]);
    expect(refused[0]?.detail).toContain('SignatureDoesNotMatch');
  });

  it('leaves the rules of others alone, and has one of its own', async () => {
    if (!hasLifecycle) {
      await expect(rules()).rejects.toThrow();
      return;
    }
    const [own] = await rules();
    expect(own).toContain('<Prefix>team/a/executions/</Prefix>');
    const foreign =
      '<Rule><ID>theirs</ID><Status>Enabled</Status><Filter><Prefix>logs/</Prefix></Filter><Expiration><Days>3</Days></Expiration></Rule>';
    const body = Buffer.from(`<LifecycleConfiguration>${foreign}${own ?? ''}</LifecycleConfiguration>`);
    const sha256 = createHash('sha256').update(body).digest('hex');
    await client.call({method: 'PUT', query: {lifecycle: ''}, body, sha256});
    expect(await setUp(server)).toContain('lifecycle rule unchanged');
    // Longer than before: what has the tag of the shorter time must not go by it any more.
    expect(await setUp(server, 365)).toContain('lifecycle rule changed');
    const found = await rules();
    expect(found).toHaveLength(2);
    expect(found.join('')).toContain('<ID>theirs</ID>');
    expect(found.join('')).toContain('<Days>427</Days>');
    await setUp(server);
  });

  it('outputs that may be deleted have the tag, until somebody keeps them', async () => {
    const own = lifecycle();
    await put(await own.outputs({}), 'usual');
    await put(await own.outputs({keepFor: 'forever'}), 'kept');
    await put(await own.outputs({keepOutputs: [{pattern: '*.log', keepFor: 31 * 86_400_000}]}), 'partly');
    expect(await tags('usual')).toEqual(hasLifecycle ? ['92', '92'] : [undefined, undefined]);
    for (const id of ['kept', 'partly']) expect(await tags(id)).toEqual([undefined, undefined]);
    await put(await own.outputs({}), 'usual-2');
    await own.exempt('usual');
    expect(await tags('usual')).toEqual([undefined, undefined]);
    expect(await tags('usual-2')).toEqual(hasLifecycle ? ['92', '92'] : [undefined, undefined]);
    await own.close();
  });

  it('outputs are kept by an attempt that goes on where the one before it was ended', async () => {
    const own = lifecycle();
    const outputs = await own.outputs({});
    const paths = Array.from({length: 120}, (_, n) => outputKey('many', 1, `f${String(n).padStart(3, '0')}`));
    await Promise.all(paths.map((path) => outputs.putObject(path, Buffer.from('x'))));
    const attempt = async (heartbeatDetails: unknown, onHeartbeat: (worker: MockActivityEnvironment) => void) => {
      const worker = new MockActivityEnvironment({heartbeatDetails});
      const told: unknown[] = [];
      worker.on('heartbeat', (details: unknown) => {
        told.push(details);
        onHeartbeat(worker);
      });
      const end: unknown = await worker.run(exemptOutputs, own, 'many').catch((error: unknown) => error);
      return {told, end};
    };
    const upTo = (path: string | undefined) => ({version: 1, exemptUpTo: `${PREFIX}/${path ?? ''}`});
    const first = await attempt(undefined, (worker) => worker.cancel());
    expect(first.told).toEqual([upTo(paths[99])]);
    expect(first.end).toBeInstanceOf(Error);
    expect(await attempt(first.told[0], () => undefined)).toEqual({told: [upTo(paths[119])], end: undefined});
    for (const path of paths) {
      const {body} = await client.call({method: 'GET', key: `${PREFIX}/${path}`, query: {tagging: ''}});
      expect(body.toString()).not.toContain('waybill-delete');
    }
    await own.close();
  });

  it('nothing is tagged for days of which the bucket has no rule', async () => {
    const other = lifecycle(45);
    await put(await other.outputs({}), 'other');
    expect(await tags('other')).toEqual([undefined, undefined]);
    await other.close();
  });
});
