import {mkdir, readdir, readFile, stat, symlink, utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {CopyStart} from '../../src/client/api.js';
import type {TransferResult} from '../../src/contracts/transfer.js';
import {startMinio} from '../servers/minio.js';
import {credentials, type S3Server} from '../servers/s3-server.js';
import {startVersity} from '../servers/versity.js';
import {enteredBlocks} from '../ledgers.js';
import {digests, makeInputs} from './corpus.js';
import {startTestStack, type TestStack} from './stack.js';
import {diskAndFar} from './targets.js';
import {waybillCommand} from './waybill-command.js';

const LARGE = 40 * 1024 * 1024;
const AWKWARD = [
  'with space',
  'ümläut-日本',
  'quote\'"',
  'a+b&c=d%20',
  '#hash?',
  '[brackets]',
  'back\\slash',
  'e\u0301',
];

const keys = {ARCHIVE_KEY: credentials.accessKeyId, ARCHIVE_SECRET: credentials.secretAccessKey};

let versity: S3Server;
let minio: S3Server;
let stack: TestStack;
let files: string;
const started: string[] = [];

beforeAll(async () => {
  [versity, minio] = await Promise.all([startVersity(), startMinio()]);
  stack = await startTestStack({
    more: diskAndFar,
    settings: `stores:
  archive:
    kind: s3
    endpoint: ${versity.endpoint}
    bucket: ${versity.bucket}
    prefix: kept/here
    accessKeyIdEnv: ARCHIVE_KEY
    secretAccessKeyEnv: ARCHIVE_SECRET
    roots: [/data, other]
  minio:
    kind: s3
    endpoint: ${minio.endpoint}/
    bucket: ${minio.bucket}
    credentialsFile: keys
  nowhere:
    kind: s3
    endpoint: ${versity.endpoint}
    bucket: missing
    accessKeyIdEnv: ARCHIVE_KEY
    secretAccessKeyEnv: ARCHIVE_SECRET
  stranger:
    kind: s3
    endpoint: ${minio.endpoint}
    bucket: ${minio.bucket}
    accessKeyIdEnv: ARCHIVE_SECRET
    secretAccessKeyEnv: ARCHIVE_SECRET
  keyless:
    kind: s3
    endpoint: ${minio.endpoint}
    bucket: ${minio.bucket}
    accessKeyIdEnv: NEVER_SET_KEY
`,
    environment: keys,
  });
  files = join(stack.directory, 'files');
  await mkdir(files);
  await writeFile(
    join(stack.directory, 'keys'),
    `[default]\naws_access_key_id = ${credentials.accessKeyId}\naws_secret_access_key = ${credentials.secretAccessKey}\n`,
  );
});

afterAll(async () => {
  await stack.close(started);
  await Promise.all([versity.close(), minio.close()]);
});

/** Every file of a test lies in a directory of its own. */
async function place(name: string): Promise<string> {
  const directory = join(files, name);
  await mkdir(join(directory, 'from'), {recursive: true});
  return directory;
}

async function copy(options: CopyStart): Promise<TransferResult> {
  const handle = await stack.client.copy(options);
  started.push(handle.id);
  return await handle.result();
}

const waybill = (cwd: string, args: readonly string[]) => waybillCommand(stack, cwd, args, {environment: keys});

/** Records of uploads, parts and journals that lie on the disk of a server, and unfinished files beside them. */
async function leftovers(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory, {recursive: true});
  return names.filter((name) => /\.waybill-(transfer|check)|multipart\/./.test(name));
}

async function makeTree(directory: string): Promise<void> {
  const named = Object.fromEntries(AWKWARD.map((name, index) => [`awkward/${name}/${name}`, 100 + index]));
  const small = Object.fromEntries(Array.from({length: 30}, (_, index) => [`small/${index}`, index * 50]));
  await makeInputs(directory, {...named, ...small, large: LARGE});
  await mkdir(join(directory, 'nothing'));
  await utimes(join(directory, 'large'), 1_600_000_000, 1_600_000_000);
}

describe.each([
  ['Versity Gateway', 'archive', 'data'],
  ['MinIO', 'minio', 'some/where'],
])('a tree by way of %s', (_, store, path) => {
  it('goes to S3, from there by SSH, back to S3 and home, byte for byte', async () => {
    const directory = await place(`round-${store}`);
    const from = join(directory, 'from');
    await makeTree(from);
    await symlink('nothing', join(from, 'link'));
    const put = await copy({
      ...{sources: [`disk:${from}/`], destination: `${store}:${path}/one`},
      options: {symlinks: 'skip'},
    });
    expect(put).toMatchObject({
      ...{outcome: 'succeeded', counts: {files: 31 + AWKWARD.length, copied: 31 + AWKWARD.length, failed: 0}},
      warnings: [{name: 'link', code: 'link.not-followed'}],
    });
    for (const [source, destination] of [
      [`${store}:${path}/one/`, `far:${directory}/far`],
      [`far:${directory}/far/`, `${store}:/${path}/two`],
      [`${store}:${path}/two/`, `disk:${directory}/home`],
    ] as const) {
      expect(await copy({sources: [source], destination}), destination).toMatchObject({
        ...{outcome: 'succeeded', counts: {copied: 31 + AWKWARD.length, failed: 0}, warnings: []},
      });
    }
    const sent = await digests(from);
    expect(await digests(join(directory, 'far'))).toEqual(sent);
    expect(await digests(join(directory, 'home'))).toEqual(sent);
    expect((await stat(join(directory, 'home/nothing'))).isDirectory()).toBe(true);
    expect((await stat(join(directory, 'home/large'))).mtimeMs).toBe(1_600_000_000_000);
    for (const where of [directory, versity.directory, minio.directory]) expect(await leftovers(where)).toEqual([]);
  });
});

describe('when things die', () => {
  it('takes up the upload of a worker that was killed, and leaves nothing of it', async () => {
    const directory = await place('killed');
    await makeInputs(join(directory, 'from'), {large: LARGE, small: 1_000});
    const handle = await stack.client.copy({
      sources: [`disk:${directory}/from/`],
      destination: 'archive:data/killed',
      options: {limitRate: 10_000_000},
    });
    started.push(handle.id);
    await expect.poll(() => enteredBlocks(versity.directory, '**/*.ledger')).toBeGreaterThan(0);
    await stack.killWorker();
    expect((await leftovers(versity.directory)).filter((name) => name.includes('multipart/'))).not.toEqual([]);
    const result = await handle.result();
    expect(result).toMatchObject({outcome: 'succeeded', counts: {copied: 1, resumed: 1, failed: 0}});
    expect(result.counts.resumedBytes).toBeGreaterThan(8_000_000);
    expect(await digests(join(versity.directory, versity.bucket, 'kept/here/data/killed'))).toEqual(
      await digests(join(directory, 'from')),
    );
    expect(await leftovers(versity.directory)).toEqual([]);
  });

  it('aborts the upload of a copy that is cancelled', async () => {
    const directory = await place('cancelled');
    await makeInputs(join(directory, 'from'), {large: LARGE});
    const handle = await stack.client.copy({
      sources: [`disk:${directory}/from/large`],
      destination: 'archive:data/cancelled/',
      options: {limitRate: 5_000_000},
    });
    started.push(handle.id);
    await expect.poll(() => leftovers(versity.directory)).not.toEqual([]);
    await handle.cancel();
    expect(await handle.result()).toMatchObject({outcome: 'cancelled'});
    expect(await leftovers(versity.directory)).toEqual([]);
  });
});

describe('the command line', () => {
  it('copies this machine to S3, S3 to another S3 and back in its own process, with --direct', async () => {
    const directory = await place('direct');
    await makeInputs(join(directory, 'from'), {'a.txt': 1_000, 'sub/b.bin': 9_000_000, 'sub/c.txt': 3});
    for (const places of [
      ['from/', 'archive:other/direct'],
      ['archive:/other/direct/', 'minio:direct'],
      ['minio:direct/', 'back'],
    ]) {
      const {status, stderr} = await waybill(directory, ['copy', '--direct', ...places]);
      expect(stderr).toContain('Copied 3 files');
      expect(status).toBe(0);
    }
    expect(await digests(join(directory, 'back'))).toEqual(await digests(join(directory, 'from')));
    const picked = await waybill(directory, ['copy', '--direct', 'archive:other/direct/**/*.txt', 'picked/']);
    expect(picked.stderr).toContain('Copied 2 files');
    for (const where of [directory, versity.directory, minio.directory]) expect(await leftovers(where)).toEqual([]);
  });

  it('lists, reads and removes what lies on S3', async () => {
    const directory = await place('looked-at');
    await makeInputs(join(directory, 'from'), {'a.txt': 1_000});
    await waybill(directory, ['copy', '--direct', 'from/', 'archive:data/looked-at']);
    const listed = await waybill(directory, ['ls', 'archive:data/looked-at']);
    expect(listed.stdout).toContain('a.txt');
    const hashed = await waybill(directory, ['sha256', 'archive:data/looked-at/a.txt']);
    expect(hashed.stdout).toContain((await digests(join(directory, 'from')))['a.txt']);
    const removed = await waybill(directory, ['rm', 'archive:data/looked-at/a.txt']);
    expect(removed).toMatchObject({status: 0});
    const there = join(versity.directory, versity.bucket, 'kept/here/data/looked-at');
    expect(await readdir(there).catch(() => [])).toEqual([]);
  });

  it('reports a name that S3 does not carry, and copies the others', async () => {
    const directory = await place('refused');
    await makeInputs(join(directory, 'from'), {fine: 5, 'bell\u0007': 5});
    const {status, stderr} = await waybill(directory, ['copy', '--direct', 'from/', 'archive:data/refused']);
    expect(status).toBe(120);
    expect(stderr).toContain('control character');
    expect(await readdir(join(versity.directory, versity.bucket, 'kept/here/data/refused'))).toEqual(['fine']);
  });

  it('lists stores among the targets, and shows no key anywhere', async () => {
    const targets = await waybill(files, ['targets']);
    expect(targets.stdout).toMatch(new RegExp(`archive +s3 +${versity.endpoint} waybill/kept/here +- +waybill +-`));
    const config = await waybill(files, ['config']);
    expect(config.stdout).toMatch(/stores\.archive\.secretAccessKeyEnv +ARCHIVE_SECRET \(set\)/);
    expect(config.stdout).toMatch(/stores\.keyless\.accessKeyIdEnv +NEVER_SET_KEY \(unset\)/);
    const logs = (await readdir(stack.stateDirectory, {recursive: true})).filter((name) => name.endsWith('.log'));
    const written = await Promise.all(logs.map((name) => readFile(join(stack.stateDirectory, name), 'utf8')));
    expect(written.join('')).toContain('worker ready');
    for (const text of [targets.stdout, config.stdout, ...written]) {
      expect(text).not.toContain(credentials.secretAccessKey);
    }
  });

  it.each([
    ['archive', 0, [/✓ credentials: set, from ARCHIVE_KEY/, /✓ endpoint/, /✓ clock/, /✓ bucket/, /✓ objects: written/]],
    ['minio', 0, [/✓ credentials: set, from \[default\] of .*\/keys/, /✓ objects: written/]],
    ['nowhere', 1, [/✓ endpoint/, /✗ bucket: .*NoSuchBucket/, /Make the bucket first/]],
    ['stranger', 1, [/✓ endpoint/, /✗ access: .*InvalidAccessKeyId/, /Check the keys/]],
    ['keyless', 1, [/✗ credentials: the environment variable NEVER_SET_KEY of the worker is not set/]],
  ])('checks %s point by point', async (name, status, sentences) => {
    const check = await waybill(files, ['targets', 'check', name]);
    for (const sentence of sentences)
      expect(check.stdout.replace(/^\+ /gm, '✓ ').replace(/^x /gm, '✗ ')).toMatch(sentence);
    expect(check.status).toBe(status);
    expect(await leftovers(versity.directory)).toEqual([]);
  });
});

describe('a run', () => {
  it('has its inputs fetched from S3', async () => {
    const directory = await place('inputs');
    await makeInputs(join(directory, 'from'), {'a.txt': 10, 'sub/b.txt': 20});
    const put = await waybill(directory, ['copy', '--direct', 'from/', 'archive:data/inputs']);
    expect(put.status).toBe(0);
    const handle = await stack.client.start({
      ...{id: 'from-s3', target: 'gpu', command: ['cp', '-r', 'given', 'out']},
      locations: [{name: 'given', from: 'archive:data/inputs'}],
    });
    started.push(handle.id);
    expect(await handle.result()).toMatchObject({outcome: 'succeeded', staged: {files: 2}});
    await handle.download({into: join(directory, 'run')});
    expect(await digests(join(directory, 'run/out'))).toEqual(await digests(join(directory, 'from')));
  });
});

describe('what the configuration forbids', () => {
  it('refuses places outside of the roots of a store', async () => {
    for (const location of ['archive:secret/x', 'archive:data/../secret', 'archive:/database']) {
      expect(await copy({sources: [`disk:${files}`], destination: location}), location).toMatchObject({
        ...{outcome: 'failed', failure: {code: 'target.not-allowed'}},
      });
    }
  });

  it('refuses to run a command on a store, by name', async () => {
    const run = await waybill(files, ['run', '--target', 'archive', '--', 'true']);
    expect(run.status).toBe(125);
    expect(run.stderr).toContain('archive is a store of kind s3');
  });
});
