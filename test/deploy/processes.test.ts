import {type ChildProcess, execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmod, mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {homedir, tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {postgresConnectionString} from '../../src/embedded/postgres.js';
import {until} from '../until.js';
import {startTestStack, type TestStack} from '../e2e/stack.js';
import {freePort} from '../servers/ports.js';
import {killTree} from '../servers/processes.js';
import {composeProject, dockerfile, environmentFile, interpolate, serviceOf} from './compose.js';

// What the containers run, as processes of this machine: the same commands, files and variables, with other ports.
const run = promisify(execFile);
const project = composeProject();
const image = dockerfile('Dockerfile');
const waybill = join(process.cwd(), 'bin/waybill.cjs');
const children: ChildProcess[] = [];
let directory: string;
let stack: TestStack;
let environment: NodeJS.ProcessEnv;
const started: string[] = [];

interface Ended {
  readonly status: number;
  readonly output: string;
}

async function ended(command: readonly string[], env: NodeJS.ProcessEnv, cwd = directory): Promise<Ended> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {cwd, env, stdio: ['ignore', 'pipe', 'pipe']});
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const status = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  return {status, output: Buffer.concat(chunks).toString()};
}

/** As Docker starts it, with the checkout for the image. */
function inCheckout(command: readonly string[]): readonly string[] {
  return command.flatMap((word) => {
    if (word === 'waybill') return [process.execPath, waybill];
    return word === 'node' ? process.execPath : word.replace(/^\/waybill\//, `${process.cwd()}/`);
  });
}

const health = () => ended(inCheckout(image.healthcheck), environment);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-deploy-'));
  stack = await startTestStack({worker: false});
  const {postgres} = await stack.record();
  if (!postgres) throw new Error('the stack has no catalog');
  const secrets = environmentFile(
    (await readFile('.env.example', 'utf8')).replaceAll(
      /^(\w+)=$/gm,
      (_, name: string) => `${name}=${name.toLowerCase()}`,
    ),
  );
  const given = (service: string) =>
    Object.fromEntries(
      Object.entries(serviceOf(project, service).environment).map(([name, value]) => [
        name,
        interpolate(value, secrets),
      ]),
    );
  const s3 = await startS3(given('s3'));
  const ssh = await startSshTarget();
  environment = {
    PATH: process.env['PATH'],
    HOME: directory,
    ...image.environment,
    ...given('worker'),
    WAYBILL_CONFIG: join(process.cwd(), 'deploy/waybill.yaml'),
    WAYBILL_STATE_DIRECTORY: join(directory, 'state'),
    WAYBILL_WORKER_METRICS: `127.0.0.1:${await freePort()}`,
    WAYBILL_CATALOG_URL: await postgresConnectionString(postgres),
    WAYBILL_STORE_ENDPOINT: s3,
    WAYBILL_STORE_PUBLIC_ENDPOINT: s3,
    TEMPORAL_ADDRESS: stack.address,
    WAYBILL_TARGETS_COMPUTE_HOST: '127.0.0.1',
    WAYBILL_TARGETS_COMPUTE_PORT: String(ssh.port),
    WAYBILL_TARGETS_COMPUTE_USER: userInfo().username,
    WAYBILL_TARGETS_COMPUTE_IDENTITY_FILE: join(ssh.keys, 'worker/id_ed25519'),
    WAYBILL_TARGETS_COMPUTE_KNOWN_HOSTS_FILE: join(ssh.keys, 'worker/known_hosts'),
    WAYBILL_TARGETS_COMPUTE_WORKSPACE_ROOT: join(directory, 'remote'),
  };
});

afterAll(async () => {
  for (const {pid, exitCode} of children) if (pid !== undefined && exitCode === null) await killTree(pid, 'SIGKILL');
  await stack.close(started);
  await rm(directory, {recursive: true, force: true});
});

/** As the image's entry point does: the back end and its argument after the program. */
async function startS3(given: Readonly<Record<string, string>>): Promise<string> {
  const data = join(directory, 's3');
  const [, ...bucket] = serviceOf(project, 'bucket').entrypoint ?? [];
  await mkdir(data);
  await run(
    '/bin/mkdir',
    bucket.map((word) => word.replace(/^\/data/, data)),
  );
  const port = await freePort();
  const binary = join(homedir(), '.cache/waybill/bin/versitygw');
  const env = {...given, VGW_PORT: `127.0.0.1:${port}`};
  children.push(spawn(binary, [given['VGW_BACKEND'] ?? '', data], {env, stdio: 'ignore'}));
  const endpoint = `http://127.0.0.1:${port}`;
  const check = serviceOf(project, 's3').healthcheck?.test[1] ?? '';
  expect(check).toBe('wget');
  await until('the health of S3', async () => {
    const answer = await fetch(`${endpoint}${given['VGW_HEALTH'] ?? ''}`).catch(() => undefined);
    return answer?.ok === true;
  });
  return endpoint;
}

async function startSshTarget(): Promise<{readonly keys: string; readonly port: number}> {
  const keys = join(directory, 'keys');
  for (const side of ['target', 'worker']) await mkdir(join(keys, side), {recursive: true});
  await mkdir('/run/sshd', {recursive: true});
  await chmod(directory, 0o755);
  const port = await freePort();
  const makeKeys = () => run('/bin/sh', ['deploy/ssh-target/make-keys.sh', keys, '127.0.0.1', String(port)]);
  await makeKeys();
  const first = await readFile(join(keys, 'worker/id_ed25519'), 'utf8');
  await makeKeys();
  expect(await readFile(join(keys, 'worker/id_ed25519'), 'utf8')).toBe(first);
  const file = join(directory, 'sshd_config');
  const written = (await readFile('deploy/ssh-target/sshd_config', 'utf8'))
    .replace('Port 2222', `Port ${port}\nListenAddress 127.0.0.1`)
    .replaceAll('/keys/', `${keys}/`)
    .replace('AllowUsers runner', `AllowUsers ${userInfo().username}`);
  // The directory for temporary files is everybody's.
  await writeFile(file, `${written}StrictModes no\n`);
  children.push(spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file], {stdio: 'ignore'}));
  return {keys, port};
}

it('sets up, serves a client that knows one address, and says how it is', async () => {
  expect(await health()).toMatchObject({status: 1});

  const setUp = await ended(inCheckout([...image.entrypoint, 'setup']), environment);
  expect(setUp.output).toContain('changed   catalog: ');
  expect(setUp).toMatchObject({status: 0});

  const [program = '', ...args] = inCheckout([...image.entrypoint, ...image.command]);
  const worker = spawn(program, args, {cwd: directory, env: environment, stdio: 'ignore'});
  children.push(worker);
  await until('the health of the worker', async () => (await health()).status === 0);

  const doctor = await ended(inCheckout([...image.entrypoint, 'doctor']), environment);
  expect(doctor.output).toContain('compute: ');
  expect(doctor.status, doctor.output).toBe(0);

  const elsewhere = join(directory, 'elsewhere');
  await mkdir(elsewhere);
  await writeFile(join(elsewhere, 'names.txt'), 'b\na\n');
  const client = {PATH: process.env['PATH'], HOME: elsewhere, TEMPORAL_ADDRESS: stack.address};
  const command = inCheckout(['waybill', 'run', '--target', 'compute', 'sort', '-o', 'sorted.txt', 'names.txt']);
  const ran = await ended(command, client, elsewhere);
  expect(ran.status, ran.output).toBe(0);
  started.push(/Run (\S+) on compute/.exec(ran.output)?.[1] ?? '');
  expect(await readFile(join(elsewhere, 'sorted.txt'), 'utf8')).toBe('a\nb\n');

  worker.kill('SIGTERM');
  await once(worker, 'exit');
  expect(worker.exitCode).toBe(0);
  expect(await health()).toMatchObject({status: 1});
});
