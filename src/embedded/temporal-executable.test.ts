import {execFileSync} from 'node:child_process';
import {chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {createServer, type Server} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {hasCode} from '../contracts/errors.js';
import {type FindEvent, findTemporal} from './temporal-executable.js';

let directory: string;
let events: FindEvent[];
let service: Server | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-find-'));
  events = [];
});
afterEach(async () => {
  service?.close();
  service = undefined;
  await rm(directory, {recursive: true});
});

const program = async (...path: readonly string[]) => {
  const file = join(directory, ...path);
  await mkdir(join(file, '..'), {recursive: true});
  await writeFile(file, '#!/bin/sh\n');
  await chmod(file, 0o755);
  return file;
};

/** A machine without Go: what is on the PATH is chosen by the test. */
const find = (environment: Record<string, string> = {}, downloadService = 'http://127.0.0.1:1') =>
  findTemporal({
    environment: {
      HOME: directory,
      PATH: join(directory, 'bin'),
      XDG_CACHE_HOME: join(directory, 'cache'),
      ...environment,
    },
    downloadService,
    onEvent: (event) => events.push(event),
  });

test('TEMPORAL_ADDRESS, then the PATH, then the cache', async () => {
  const cached = await program('cache/waybill/bin/temporal');
  expect(await find()).toEqual({kind: 'executable', path: cached, from: 'cache'});
  const onPath = await program('bin/temporal');
  expect(await find()).toEqual({kind: 'executable', path: onPath, from: 'path'});
  expect(await find({TEMPORAL_ADDRESS: 'host:7233'})).toEqual({kind: 'address', address: 'host:7233'});
  expect(events).toEqual([]);
});

test('a file that cannot be executed is not taken', async () => {
  const cached = await program('cache/waybill/bin/temporal');
  const onPath = await program('bin/temporal');
  await chmod(onPath, 0o644);
  expect(await find()).toMatchObject({path: cached});
});

test('without any, it is downloaded into the cache', async () => {
  await program('archive/temporal');
  execFileSync('tar', ['-czf', join(directory, 'temporal.tar.gz'), '-C', join(directory, 'archive'), 'temporal']);
  const archive = await readFile(join(directory, 'temporal.tar.gz'));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/archive') response.end(archive);
    else response.end(JSON.stringify({archiveUrl: `${origin}/archive`, fileToExtract: 'temporal'}));
  });
  service = server;
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;

  const path = join(directory, 'cache/waybill/bin/temporal');
  expect(await find({}, origin)).toEqual({kind: 'executable', path, from: 'download'});
  expect(asked[0]).toMatch(/^\/cli\/v1\.8\.2\?platform=\w+&arch=(amd64|arm64)&format=tar\.gz$/);
  expect(await readdir(join(path, '..'))).toEqual(['temporal']);
  expect(await find({}, origin)).toMatchObject({from: 'cache'});
});

test('without the internet it is built, and without Go the refusal says what to install', async () => {
  const error: unknown = await find().catch((reason: unknown) => reason);
  if (!hasCode(error, 'stack.start-failed')) throw error;
  expect(error.remedy).toContain('Install Go');
  expect(events.map(({event}) => event)).toEqual(['downloading', 'download-failed', 'building']);
  expect(await readdir(join(directory, 'cache/waybill/bin'))).toEqual(['.temporal.lock']);
});
