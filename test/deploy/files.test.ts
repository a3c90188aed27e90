import {execFileSync} from 'node:child_process';
import {copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parse} from 'yaml';
import {expect, it} from 'vitest';
import {z} from 'zod';
import {overrideName} from '../../src/config/environment.js';
import {leaves} from '../../src/config/fields.js';
import {loadConfiguration} from '../../src/config/load.js';
import {composeProject, dockerfile, environmentFile, interpolate, serviceOf, variablesOf} from './compose.js';

const project = composeProject();
const services = Object.entries(project.services);
const worker = serviceOf(project, 'worker');
const image = dockerfile('Dockerfile');
const example = environmentFile(readFileSync('.env.example', 'utf8'));
const manifest = z.object({version: z.string()}).parse(JSON.parse(readFileSync('package.json', 'utf8')));

/** The line of the README that makes .env, run as a new user would, and again: what PostgreSQL has taken stays. */
function generatedEnvironment(): Readonly<Record<string, string>> {
  const line = readFileSync('README.md', 'utf8')
    .split('\n')
    .find((each) => each.includes(' .env.example > .env'));
  if (line === undefined) throw new Error('README.md does not say how .env is made');
  const cwd = mkdtempSync(join(tmpdir(), 'waybill-env-'));
  try {
    copyFileSync('.env.example', join(cwd, '.env.example'));
    const run = () => {
      execFileSync('/bin/sh', ['-c', line], {cwd});
      return readFileSync(join(cwd, '.env'), 'utf8');
    };
    const text = run();
    expect(run()).toBe(text);
    expect(statSync(join(cwd, '.env')).mode & 0o777).toBe(0o600);
    return environmentFile(text);
  } finally {
    rmSync(cwd, {recursive: true});
  }
}

const made = generatedEnvironment();

function configured() {
  const given = Object.entries(worker.environment).map(([name, value]) => [name, interpolate(value, made)] as const);
  const environment = {
    ...image.environment,
    ...Object.fromEntries<string>(given),
    WAYBILL_CONFIG: 'deploy/waybill.yaml',
  };
  return loadConfiguration({environment});
}

it('pins every image to a version', () => {
  const used = [
    ...services.map(([, {image: name}]) => name),
    ...image.bases,
    ...dockerfile('deploy/ssh-target/Dockerfile').bases,
  ];
  expect(used.filter((name) => !/:[\w-]*\d+\.\d+|:\w+-\d{8}/.test(name) || name.includes('latest'))).toEqual([]);
});

it('names its own images after the version of the package', () => {
  const built = services.filter(([, {build}]) => build !== undefined).map(([, {image: name}]) => name.split(':')[1]);
  expect(new Set(built)).toEqual(new Set([manifest.version]));
});

it('has every service, volume and file that it names', () => {
  const missing = services.flatMap(([name, {volumes, depends_on, build}]) => [
    ...Object.keys(depends_on).filter((other) => project.services[other] === undefined),
    ...volumes
      .map((volume) => volume.split(':')[0] ?? '')
      .filter((from) => (from.startsWith('.') ? !existsSync(from) : !(from in project.volumes)))
      .map((from) => `${name}: ${from}`),
    ...(build === undefined || existsSync(join(build, 'Dockerfile')) ? [] : [`${name}: ${build}`]),
  ]);
  expect(missing).toEqual([]);
});

it('waits only for the health of what has a health check', () => {
  const waits = services.flatMap(([, {depends_on}]) =>
    Object.entries(depends_on).flatMap(([name, {condition}]) => (condition === 'service_healthy' ? [name] : [])),
  );
  expect(waits.filter((name) => project.services[name]?.healthcheck === undefined)).toEqual([]);
});

it('publishes each port once, and only Temporal and S3 beyond this host', () => {
  const published = services.flatMap(([name, {ports}]) =>
    ports.map((port) => ({name, port: port.split(':').at(-2), open: port.includes('LISTEN_ADDRESS')})),
  );
  expect(new Set(published.map(({port}) => port)).size).toBe(published.length);
  expect(published.filter(({open}) => open).map(({name}) => name)).toEqual(['temporal', 's3']);
});

it('asks for nothing that .env.example does not name, and the other way round', () => {
  const asked = services.flatMap(([, {environment, ports}]) =>
    [...Object.values(environment), ...ports].flatMap((value) => variablesOf(value)),
  );
  expect([...new Set(asked.map(({name}) => name))].sort()).toEqual(Object.keys(example).sort());
  for (const {name, fallback} of asked)
    expect([name, fallback]).toEqual([name, example[name] === '' ? undefined : example[name]]);
});

it('holds no secret: what is one is empty in .env.example, and the line of the README fills each with its own', () => {
  const secrets = Object.keys(example).filter((name) => example[name] === '');
  expect(secrets.sort()).toEqual(
    Object.keys(example)
      .filter((name) => /PASSWORD|_KEY/.test(name))
      .sort(),
  );
  for (const name of secrets) expect(made[name]).toMatch(/^[0-9a-f]{48}$/);
  expect(new Set(secrets.map((name) => made[name])).size).toBe(secrets.length);
  for (const [, {environment}] of services) {
    for (const [name, value] of Object.entries(environment)) {
      if (/PASSWORD|PWD|SECRET/.test(name)) expect(value).toMatch(/^\$\{\w+:\?/);
      expect(() => interpolate(value, made)).not.toThrow();
    }
  }
});

it('gives the worker no variable that it does not read', async () => {
  const {configuration} = await configured();
  const {store, catalog} = configuration;
  if (store.kind !== 's3' || catalog.kind !== 'postgres')
    throw new Error('deploy/waybill.yaml has another store or catalog');
  const read = new Set([
    ...[...leaves(configuration)].map(({path}) => overrideName(path)),
    // The last two of them by the C library.
    ...['WAYBILL_CONFIG', 'NODE_ENV', 'NODE_OPTIONS', 'MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_'],
    ...[store.accessKeyIdEnv, store.secretAccessKeyEnv, catalog.connectionStringEnv],
  ]);
  const given = Object.keys({...image.environment, ...worker.environment});
  expect(given.filter((name) => !read.has(name))).toEqual([]);
  expect(Object.keys(worker.environment)).toEqual(
    expect.arrayContaining([store.accessKeyIdEnv, store.secretAccessKeyEnv, catalog.connectionStringEnv]),
  );
});

it('leads the worker to the services by the names and ports that they have', async () => {
  const {configuration} = await configured();
  const {store, temporal, targets} = configuration;
  expect(temporal.address).toBe('temporal:7233');
  expect(store).toMatchObject({
    kind: 's3',
    endpoint: `http://s3${serviceOf(project, 's3').environment['VGW_PORT'] ?? ''}`,
  });
  expect(serviceOf(project, 'bucket').entrypoint).toEqual([
    '/bin/mkdir',
    '-p',
    `/data/${store.kind === 's3' ? store.bucket : ''}`,
  ]);
  expect(serviceOf(project, 'ssh-target').healthcheck?.test[1]).toContain(' -p 2222 ');
  expect(targets['compute']).toMatchObject({host: 'ssh-target', port: 2222, user: 'runner'});
  expect(worker.volumes).toEqual(
    expect.arrayContaining([
      `./deploy/waybill.yaml:${worker.environment['WAYBILL_CONFIG'] ?? ''}:ro`,
      `worker-state:${configuration.stateDirectory}`,
    ]),
  );
  expect(`:${configuration.worker.metrics?.split(':')[1] ?? ''}`).toBe(':9464');
});

it('has Prometheus scrape the port where the worker serves its metrics', async () => {
  const {configuration} = await configured();
  const scraped = z
    .object({
      scrape_configs: z.array(
        z.object({dns_sd_configs: z.array(z.object({names: z.array(z.string()), port: z.number()}))}),
      ),
    })
    .parse(parse(readFileSync('deploy/prometheus.yml', 'utf8')))
    .scrape_configs.flatMap(({dns_sd_configs}) => dns_sd_configs);
  expect(scraped).toEqual([{names: ['worker'], port: Number(configuration.worker.metrics?.split(':')[1])}]);
});

it('gives Grafana the data source and the directory that its dashboard needs', () => {
  const {templating} = z
    .object({templating: z.object({list: z.array(z.object({name: z.string(), type: z.string(), query: z.string()}))})})
    .parse(JSON.parse(readFileSync('deploy/grafana/waybill.json', 'utf8')));
  const [source] = z
    .object({
      datasources: z.array(z.object({uid: z.string(), type: z.string(), url: z.string(), isDefault: z.boolean()})),
    })
    .parse(parse(readFileSync('deploy/grafana/provisioning/datasources/prometheus.yml', 'utf8'))).datasources;
  // The dashboard takes whichever data source of this type is the default one.
  expect(templating.list).toEqual([{name: 'datasource', type: 'datasource', query: source?.type}]);
  expect(source).toMatchObject({isDefault: true, url: 'http://prometheus:9090'});
  const dashboard = readFileSync('deploy/grafana/waybill.json', 'utf8');
  const uids = [...dashboard.matchAll(/"datasource": \{[^}]*"uid": "([^"]*)"/g)].map(([, uid]) => uid);
  expect(uids.length).toBeGreaterThan(0);
  expect(new Set(uids)).toEqual(new Set(['${datasource}']));
  const {providers} = z
    .object({providers: z.array(z.object({options: z.object({path: z.string()})}))})
    .parse(parse(readFileSync('deploy/grafana/provisioning/dashboards/waybill.yml', 'utf8')));
  expect(serviceOf(project, 'grafana').volumes).toContain(
    `./deploy/grafana/waybill.json:${providers[0]?.options.path ?? ''}/waybill.json:ro`,
  );
});

it('builds the image from what is there, sends nothing else, and does not run it as root', () => {
  expect(image.sources.filter((source) => !existsSync(source))).toEqual([]);
  const sent = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  expect([...new Set(image.sources)].sort()).toEqual(sent.sort());
  expect(image.user).toBe('node');
  expect(image.bases.at(-1)).toMatch(/^node:20\..*-slim$/);
  expect(dockerfile('deploy/ssh-target/Dockerfile').user).toBe('runner');
});
