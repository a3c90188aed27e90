import {mkdtemp, open, rm, stat, utimes, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gunzipSync} from 'node:zlib';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import {SshPool} from '../../src/ssh/pool.js';
import {intercepted} from '../../src/stores/decorators/intercepted.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import type {Store} from '../../src/stores/store.js';
import {compressFile, type CompressFileOptions} from '../../src/transfer/compression/compress-file.js';
import {MEMBER_BYTES} from '../../src/transfer/compression/member.js';
import type {FileOutcome} from '../../src/transfer/file-outcome.js';
import {type PartialPaths, partialPaths} from '../../src/transfer/keys.js';
import {moveFile} from '../../src/transfer/move-file.js';
import type {PlannedFile} from '../../src/transfer/planned-file.js';
import {PARTIALS, seededBytes, sha256} from '../../src/transfer/testing/two-stores.js';
import {startMinio} from '../servers/minio.js';
import type {S3Server} from '../servers/s3-server.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';

/** Compressed or not, three parts and more. The first MiB tells whether a file is compressed. */
const SIZE = 6 * MEMBER_BYTES + 54_321;
const SAMPLE_BYTES = 1024 * 1024;
const content = Buffer.from(seededBytes(1, SIZE).map((byte) => (byte < 64 ? 97 : byte)));

let sshd: Sshd;
let server: S3Server;
let pool: SshPool;
let root = '';
let from: Store;
let to: Store;
let file: PlannedFile;
/** Bytes of the source that came over the line. */
let read = 0;
let runs = 0;

beforeAll(async () => {
  [sshd, server] = await Promise.all([startSshd(), startMinio()]);
});
afterAll(() => Promise.all([sshd.close(), server.close()]));
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-resume-'));
  pool = new SshPool(endpointOf(sshd));
  from = intercepted(openSshStore({name: 'lab', pool, root}), async (call, proceed) => {
    const answer = await proceed();
    if (call.method === 'source.read' && answer instanceof Uint8Array) read += answer.length;
    return answer;
  });
  to = openS3Store({name: 's3', ...server, prefix: `run-${(runs += 1)}`});
  await to.makeDirectory(PARTIALS);
  await writeFile(join(root, 'data.txt'), content);
  const {mode = 0, modifiedAt = 0, identity = ''} = (await from.stat('data.txt')) ?? {};
  file = {name: 'data.txt', kind: 'file', size: SIZE, mode, modifiedAt, identity, compressAs: 'data.txt.gz'};
});
afterEach(async () => {
  await Promise.all([from.close(), to.close()]);
  await pool.close();
  await rm(root, {recursive: true, force: true});
});

const ways: readonly (readonly [string, (to: Store) => Promise<FileOutcome | undefined>, number])[] = [
  ['compressed', (to) => compressFile({...options(to), destination: 'data.txt.gz'}), SAMPLE_BYTES],
  ['as it is', (to) => moveFile({...options(to), ...paths(), verify: 'hash'}), 0],
];

function options(to: Store): CompressFileOptions {
  return {
    ...{from, to, source: 'data.txt', destination: 'data.txt', file, partials: PARTIALS, owner: 'test'},
    ...{ifExists: 'keep', signal: new AbortController().signal},
  };
}

function paths(): PartialPaths {
  const {identity = '', size} = file;
  return partialPaths(PARTIALS, {owner: 'test', destination: 'data.txt', identity, size});
}

/** As a process does that dies after two parts. */
async function cut(move: (to: Store) => Promise<unknown>): Promise<void> {
  let written = 0;
  const dying = intercepted(to, async (call, proceed) => {
    if (call.method === 'partial.write' && call.path.endsWith('.partial') && ++written > 2) throw new Error('killed');
    return proceed();
  });
  await expect(move(dying)).rejects.toThrow('killed');
  read = 0;
}

// The parts of an upload cannot be read: the source is hashed where it lies.
test.each(ways)(
  'what is resumed of a file that goes %s from a target to S3 is not read again',
  async (_, move, more) => {
    await cut(move);
    const outcome = await move(to);
    expect(outcome).toMatchObject({outcome: 'resumed', sha256: sha256(content)});
    expect(outcome?.sentBytes).toBeLessThan(SIZE / 2);
    expect(read).toBe((outcome?.sentBytes ?? 0) + more);
  },
);

test.each(ways)('another file under the same identity is told from the one that was begun: %s', async (_, move) => {
  await cut(move);
  const before = await stat(join(root, 'data.txt'));
  const other = Buffer.from(content);
  // In what has arrived, and not in the sample.
  other.write('other', SAMPLE_BYTES + 5);
  await using handle = await open(join(root, 'data.txt'), 'r+');
  await handle.write(other, 0, SIZE, 0);
  await utimes(join(root, 'data.txt'), before.atime, before.mtime);
  const outcome = await move(to);
  expect(outcome).toMatchObject({sha256: sha256(other)});
  const name = outcome?.outcome === 'failed' ? undefined : outcome?.stored?.name;
  const there = (await to.getObject(name ?? 'data.txt', 2 * SIZE)) ?? Buffer.alloc(0);
  expect(sha256(name === undefined ? there : gunzipSync(there))).toBe(sha256(other));
});
