import {createHash, randomBytes} from 'node:crypto';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {openTicketOffice} from '../../src/artifacts/tickets/office.js';
import {purposeOf} from '../../src/artifacts/tickets/purpose.js';
import {newRecipient} from '../../src/artifacts/tickets/seal.js';
import type {Artifact} from '../../src/contracts/artifacts.js';
import {WaybillError} from '../../src/contracts/errors.js';
import {issuedTickets, ticketBatch, type TicketRequest} from '../../src/contracts/tickets.js';
import {download} from '../../src/client/download.js';
import {TicketUrls} from '../../src/client/tickets/ticket-urls.js';
import {upload} from '../../src/client/upload.js';
import {intercepted} from '../../src/stores/decorators/intercepted.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import {unsignedCopies} from '../../src/stores/s3/unsigned-copies.js';
import type {Store} from '../../src/stores/store.js';
import {makeInputs} from '../e2e/corpus.js';
import {first, type Seen, startFaultProxy} from '../servers/fault-proxy.js';
import {startMinio} from '../servers/minio.js';
import {credentials, type S3Server} from '../servers/s3-server.js';
import {startVersity} from '../servers/versity.js';

const RUN = 'run-1';
const PREFIX = 'team/a';
const PART = 8 * 1024 * 1024;
const LEAST_PART = 5 * 1024 * 1024;

/** What a client waits for before it has the tickets for these. */
type OnIssued = (requests: readonly TicketRequest[]) => Promise<void>;

describe.each([
  ['MinIO', startMinio],
  ['Versity Gateway', startVersity],
])('tickets for %s', (_, startServer) => {
  let server: S3Server;
  let directory: string;
  let own: Store;
  const opened: Store[] = [];
  beforeAll(async () => {
    server = await startServer();
    directory = await mkdtemp(join(tmpdir(), 'waybill-tickets-'));
    own = openS3Store({name: 'own', ...server, prefix: PREFIX});
    opened.push(own);
  });
  afterAll(async () => {
    await Promise.all(opened.map((store) => store.close()));
    await server.close();
    await rm(directory, {recursive: true});
  });

  /** What a client of one execution has: tickets, and no keys. Temporal is left out between both ends. */
  async function client(validForSeconds = 3600, executionId = RUN, onIssued: OnIssued = async () => undefined) {
    const {endpoint, bucket} = server;
    const keys = async () => credentials;
    const office = openTicketOffice({
      ...{endpoint, bucket, prefix: PREFIX, region: 'us-east-1', validForSeconds, maxFileBytes: 128 * 1024 * 1024},
      ...{credentials: keys, unsignedCopies: unsignedCopies({endpoint, bucket, credentials: keys}, PREFIX)},
    });
    const recipient = await newRecipient(purposeOf(executionId));
    const session = {version: 1 as const, executionId, publicKey: recipient.publicKey};
    let batches = 0;
    const urls = new TicketUrls(async (batch) => {
      batches += 1;
      const {requests} = ticketBatch.parse(batch);
      const {sealed} = await office.issue(session, requests);
      const tickets = issuedTickets.parse(await recipient.open(sealed));
      await onIssued(requests);
      // The margin of clients is not what is tested: the server is to refuse.
      return {...tickets, validForMs: 3_600_000};
    });
    const store = openS3Store({
      ...{name: 'store', endpoint, bucket, prefix: PREFIX, credentials: urls, connections: 10},
      retries: {tries: 3, firstWaitMs: 5},
    });
    opened.push(store);
    return {store, urls, batches: () => batches};
  }

  const put = {method: 'PUT', key: `${PREFIX}/executions/${RUN}/inputs/only-once`} as const;

  test.each([false, true])('what is asked about copies leaves nothing, its answer lost: %s', async (lost) => {
    const {bucket, port} = server;
    const proxy = await startFaultProxy(port);
    const heedsNone = (seen: Seen) => seen.method === 'PUT';
    proxy.plan(first(1, heedsNone, {kind: 'no-copy', lost}));
    const connection = {endpoint: proxy.endpoint, bucket, credentials: async () => credentials};
    expect(await unsignedCopies(connection, PREFIX)()).toBe(true);
    expect(proxy.seen.filter(heedsNone)).toHaveLength(1);
    const left: string[] = [];
    for await (const {name} of own.list('')) if (name.startsWith('.waybill-check-')) left.push(name);
    expect(left).toEqual([]);
    await proxy.close();
  });

  test('inputs go up and come down again, of every size, in few batches', async () => {
    const {store, batches} = await client();
    const sizes = {empty: 0, small: 1000, 'd/ü #?&+%20': 70_000, middle: 3_000_000, large: 3 * PART + 77};
    const inputs = await makeInputs(join(directory, 'in'), sizes);
    await upload({store}, RUN, inputs);
    for (const {name, path} of inputs) {
      const key = `executions/${RUN}/inputs/${name}`;
      const source = await own.openSource(key);
      const found = Buffer.from(await source.read(0, source.entry.size));
      expect(found.equals(await readFile(path)), name).toBe(true);
    }
    expect(batches()).toBeLessThan(80);
    const into = join(directory, 'out');
    const outputs = await Promise.all(inputs.map(async ({name, path}) => asOutput(name, await readFile(path))));
    const ticketed = await client();
    const announced: string[] = [];
    const files = await download(
      {store: ticketed.store, announceReads: (keys) => announced.push(...keys)},
      RUN,
      each(outputs),
      {into},
    );
    expect(files.map(({outcome}) => outcome)).toEqual(inputs.map(() => 'downloaded'));
    expect(announced).toHaveLength(inputs.length);
    for (const {name, path} of inputs) {
      expect((await readFile(join(into, name))).equals(await readFile(path)), name).toBe(true);
    }
  });

  test('many small files take one batch for each group, up and down', async () => {
    const names = Array.from({length: 300}, (__, index) => `n ${index}`);
    const inputs = await makeInputs(join(directory, 'many'), Object.fromEntries(names.map((name) => [name, 500])));
    const up = await client(3600, 'many');
    await upload(up, 'many', inputs);
    expect(up.batches()).toBeLessThan(30);
    const down = await client(3600, 'many');
    const outputs = await Promise.all(inputs.map(async ({name, path}) => asOutput(name, await readFile(path), 'many')));
    const announceReads = (keys: readonly string[]) => down.urls.announce(keys.map((key) => `${PREFIX}/${key}`));
    const files = await download({store: down.store, announceReads}, 'many', each(outputs), {
      into: join(directory, 'many-out'),
    });
    expect(files.filter(({outcome}) => outcome === 'downloaded')).toHaveLength(300);
    expect(down.batches()).toBeLessThan(8);
  });

  test('an upload writes once, what was agreed, and nothing else', async () => {
    const {urls} = await client();
    const body = Buffer.from('hello');
    const headers = {
      'if-none-match': '*',
      'content-length': '5',
      'x-amz-meta-waybill-mode': '644',
      'x-amz-checksum-sha256': createHash('sha256').update(body).digest('base64'),
    };
    const url = await urls.presigned({...put, headers}, {});
    const send = async (changes: Record<string, string | undefined>, content: Uint8Array<ArrayBuffer> = body) => {
      const sent = Object.entries<string | undefined>({...headers, ...changes});
      const kept = sent.flatMap(([name, value]): [string, string][] =>
        value === undefined || name === 'content-length' ? [] : [[name, value]],
      );
      return (await fetch(url, {method: 'PUT', headers: kept, body: content})).status;
    };
    expect(await send({'if-none-match': undefined})).toBeGreaterThanOrEqual(400);
    expect(await send({'x-amz-meta-waybill-mode': '777'})).toBeGreaterThanOrEqual(400);
    expect(await send({}, Buffer.from('HELLO'))).toBeGreaterThanOrEqual(400);
    expect(await send({}, Buffer.from('hello, and more'))).toBeGreaterThanOrEqual(400);
    expect(await own.stat(`executions/${RUN}/inputs/only-once`)).toBeUndefined();
    expect(await send({})).toBe(200);
    expect(await send({})).toBe(412);
    const another = url.replace('only-once', 'another');
    expect((await fetch(another, {method: 'PUT', headers: {...headers, 'content-length': '5'}, body})).status).toBe(
      403,
    );
    expect((await fetch(url, {method: 'DELETE'})).status).toBeGreaterThanOrEqual(400);
  });

  test('an upload brings the bytes of its client, and no other object’s', async () => {
    const {urls} = await client();
    await own.putObject('executions/other/outputs/hidden', Buffer.from('hidden'));
    const stolen = `${PREFIX}/executions/${RUN}/inputs/stolen`;
    const begun = await fetch(
      await urls.presigned({method: 'POST', key: stolen, query: {uploads: ''}, headers: {}}, {}),
      {
        method: 'POST',
      },
    );
    const uploadId = /<UploadId>([^<]+)</.exec(await begun.text())?.[1] ?? '';
    const once = {'if-none-match': '*'};
    for (const [headers, query] of [
      [once, undefined],
      [{}, {uploadId, partNumber: '1'}],
    ] as const) {
      const signed = {...headers, 'content-length': '0'};
      const url = await urls.presigned({method: 'PUT', key: stolen, headers: signed, ...(query ? {query} : {})}, {});
      const copy = {'x-amz-copy-source': `/${server.bucket}/${PREFIX}/executions/other/outputs/hidden`};
      const answer = await fetch(url, {method: 'PUT', headers: {...headers, ...copy}, body: ''});
      expect(answer.status).toBe(403);
    }
    expect(await own.stat(`executions/${RUN}/inputs/stolen`)).toBeUndefined();
    const unpacked = {...once, 'content-length': '9', 'x-amz-meta-snowball-auto-extract': 'true'};
    const refused = urls.presigned({method: 'PUT', key: stolen, headers: unpacked}, {});
    await expect(refused).rejects.toMatchObject({code: 'ticket.refused'});
  });

  test('an input that is there is neither replaced nor taken for sent', async () => {
    const {store} = await client(3600, 'taken');
    const root = 'executions/taken/inputs';
    await own.putObject(`${root}/taken`, Buffer.from('somebody was here'));
    const [input] = await makeInputs(join(directory, 'taken'), {taken: 17});
    const large = await makeInputs(join(directory, 'taken'), {'taken-large': 2 * PART});
    await own.putObject(`${root}/taken-large`, Buffer.from('here, too'));
    for (const sent of [input, large[0]]) {
      if (sent === undefined) throw new Error('no input');
      await expect(upload({store}, 'taken', [sent])).rejects.toMatchObject({code: 'store.already-exists'});
    }
    expect(await own.getObject(`${root}/taken`, 100)).toEqual(Buffer.from('somebody was here'));
    expect(await own.getObject(`${root}/taken-large`, 100)).toEqual(Buffer.from('here, too'));
  });

  test('an output that is not the one that was recorded is told, and not kept', async () => {
    const into = join(directory, 'other');
    const sizes = {small: 1000, large: PART + 1};
    const recorded = Object.entries(sizes).map(([name, size]) => asOutput(name, randomBytes(size), 'other-run'));
    for (const {key, size} of recorded) await own.putObject(key, randomBytes(size));
    const {store} = await client(3600, 'other-run');
    const files = await download({store, announceReads: () => undefined}, 'other-run', each(recorded), {into});
    expect(files).toMatchObject(recorded.map(({name}) => ({outcome: 'failed', name, code: 'source.changed'})));
    expect((await readdir(into)).filter((name) => !name.startsWith('.'))).toEqual([]);
  });

  test('a ticket for reading that ran out is replaced by another', async () => {
    const {store, urls, batches} = await client(3);
    await own.putObject(`executions/${RUN}/outputs/late`, randomBytes(PART));
    const source = await store.openSource(`executions/${RUN}/outputs/late`);
    const key = `${PREFIX}/executions/${RUN}/outputs/late`;
    const before = await urls.presigned({method: 'GET', key, headers: {}}, {});
    const issued = batches();
    await sleep(4100);
    expect((await fetch(before)).status).toBe(403);
    expect(await source.read(PART - 10, 10)).toHaveLength(10);
    expect(batches()).toBe(issued + 1);
    expect(await urls.presigned({method: 'GET', key, headers: {}}, {})).not.toBe(before);
  });

  test('tickets for parts that ran out in the middle of an upload are replaced by others', async () => {
    const asked: string[] = [];
    let late: readonly string[] = [];
    let [sent, resumed] = [0, 0];
    const {store} = await client(8, 'late', async (requests) => {
      const parts = requests.flatMap(({method, query}) => (method === 'PUT' && query['partNumber']) || []);
      asked.push(...parts);
      if (sent < PART || late.length > 0) return;
      late = parts;
      if (late.length > 0) await sleep(9100);
    });
    const size = 15 * PART + 77;
    const inputs = await makeInputs(join(directory, 'late'), {large: size});
    await upload({store}, 'late', inputs, {
      onProgress: ({sentBytes, resumedBytes}) => ([sent, resumed] = [sentBytes, resumedBytes]),
    });
    const source = await own.openSource('executions/late/inputs/large');
    const found = Buffer.from(await source.read(0, source.entry.size));
    expect(found.equals(await readFile(join(directory, 'late/large')))).toBe(true);
    // In one attempt: one that begins again would ask for others, too.
    expect(resumed).toBe(0);
    expect(late.length).toBeGreaterThan(0);
    const again = asked.filter((part, index) => asked.indexOf(part) < index);
    expect(late.filter((part) => !again.includes(part))).toEqual([]);
  });

  test('what was sent in part is taken up by another client', async () => {
    const first = await client(3600, 'resumed');
    const inputs = await makeInputs(join(directory, 'resumed'), {big: 16 * PART});
    const stop = new AbortController();
    const cut = upload(first, 'resumed', inputs, {
      signal: stop.signal,
      onProgress: ({sentBytes}) => (sentBytes >= 2 * PART ? stop.abort() : undefined),
    });
    await expect(cut).rejects.toThrow();
    const second = await client(3600, 'resumed');
    let resumed = 0;
    await upload(second, 'resumed', inputs, {onProgress: ({resumedBytes}) => (resumed = resumedBytes)});
    expect(resumed).toBeGreaterThanOrEqual(PART);
    await upload(second, 'resumed', inputs);
    await writeFile(join(directory, 'resumed/big'), randomBytes(16 * PART));
    await expect(upload(second, 'resumed', inputs)).rejects.toMatchObject({code: 'store.already-exists'});
  });

  test('inputs go up in the smallest parts over a line that carries no usual one', async () => {
    const {store} = await client(3600, 'dropping');
    const dropping = intercepted(store, async (call, proceed) => {
      if (call.method !== 'partial.write' || (call.content?.length ?? 0) <= LEAST_PART) return proceed();
      throw new WaybillError('store.unavailable', 'The line dropped.');
    });
    const size = 3 * PART + 77;
    const inputs = await makeInputs(join(directory, 'dropping'), {large: size});
    await upload({store: dropping}, 'dropping', inputs);
    expect(await own.stat('executions/dropping/inputs/large')).toMatchObject({size});
  });

  test('other executions are out of reach', async () => {
    const {store} = await client();
    await own.putObject('executions/other/outputs/secret', Buffer.from('secret'));
    for (const attempt of [
      () => store.getObject('executions/other/outputs/secret', 100),
      () => store.putObject('executions/other/inputs/x', Buffer.from('x'), {ifAbsent: true}),
      () => store.putObject(`executions/${RUN}/outputs/x`, Buffer.from('x'), {ifAbsent: true}),
      () => store.remove(`executions/${RUN}/inputs/small`),
      () => store.removeTree(`executions/${RUN}`),
    ]) {
      await expect(attempt()).rejects.toMatchObject({code: 'ticket.refused'});
    }
  });

  test('a store that is down is said soon, and used again when it is back', async () => {
    const {store} = await client(3600, 'down');
    const inputs = await makeInputs(join(directory, 'down'), {a: 10, b: 2 * PART});
    await server.kill();
    const since = performance.now();
    await expect(upload({store}, 'down', inputs)).rejects.toMatchObject({code: 'store.unavailable'});
    expect(performance.now() - since).toBeLessThan(10_000);
    await server.start();
    await upload({store}, 'down', inputs);
    expect(await own.stat('executions/down/inputs/b')).toMatchObject({size: 2 * PART});
  });
});

function asOutput(name: string, content: Buffer, executionId = RUN): Artifact {
  const now = new Date().toISOString();
  return {
    ...{id: `artifact_${name}`, executionId, kind: 'output', name, key: `executions/${executionId}/inputs/${name}`},
    ...{type: 'file', size: content.length, sha256: createHash('sha256').update(content).digest('hex')},
    ...{contentType: 'application/octet-stream', mode: 0o644, modifiedAt: now, createdAt: now, expiresAt: now},
  };
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
