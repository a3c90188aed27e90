import {mkdir, mkdtemp, realpath, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {describeSource, effectiveValues} from './effective.js';
import {loadConfiguration} from './load.js';
import {temporalConnection} from './temporal-profile.js';

let directory: string;
beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'waybill-config-')));
});
afterEach(() => rm(directory, {recursive: true}));

const load = async (yaml: string | undefined, environment: Record<string, string> = {}, from = directory) => {
  if (yaml !== undefined) await writeFile(join(directory, 'waybill.yaml'), yaml);
  return loadConfiguration({directory: from, environment: {HOME: '/home/user', ...environment}});
};

describe('without a file', () => {
  test('the target local, the embedded catalog and the directories of the user are there', async () => {
    const {configuration, file, sourceOf} = await load(undefined);
    expect(file).toBeUndefined();
    expect(configuration).toMatchObject({
      stateDirectory: '/home/user/.local/state/waybill',
      temporal: {address: '127.0.0.1:7233', namespace: 'default', taskQueue: 'waybill'},
      store: {kind: 'local', path: '/home/user/.local/state/waybill/store'},
      catalog: {kind: 'embedded'},
      targets: {
        local: {kind: 'local', workspaceRoot: '/home/user/.local/state/waybill/workspaces', roots: [], secrets: []},
      },
      transfer: {connectionsPerTarget: 4},
      retention: {days: 30, leftoverDays: 31},
    });
    expect(sourceOf(['retention', 'days'])).toEqual({from: 'default'});
  });

  test.each<[string, Record<string, string>, string]>([
    ['XDG_STATE_HOME moves the state', {XDG_STATE_HOME: '/var/state'}, '/var/state/waybill'],
    ['a relative XDG_STATE_HOME is ignored', {XDG_STATE_HOME: 'state'}, '/home/user/.local/state/waybill'],
    [
      'WAYBILL_STATE_DIRECTORY beats both',
      {XDG_STATE_HOME: '/var/state', WAYBILL_STATE_DIRECTORY: '~/w'},
      '/home/user/w',
    ],
  ])('%s', async (_name, environment, expected) => {
    const {configuration} = await load(undefined, environment);
    expect(configuration.stateDirectory).toBe(expected);
    expect(configuration.store).toEqual({kind: 'local', path: `${expected}/store`});
  });
});

describe('where the file is found', () => {
  test('upwards from the directory of the worker', async () => {
    const below = join(directory, 'a/b');
    await mkdir(below, {recursive: true});
    const {configuration, file} = await load('retention: {days: 7}', {}, below);
    expect(file).toBe(join(directory, 'waybill.yaml'));
    expect(configuration.retention.days).toBe(7);
  });

  test('WAYBILL_CONFIG names another, which has to exist', async () => {
    await writeFile(join(directory, 'other.yaml'), 'retention: {days: 8}');
    const loaded = await load('retention: {days: 7}', {WAYBILL_CONFIG: 'other.yaml'});
    expect(loaded.configuration.retention.days).toBe(8);
    await expect(load(undefined, {WAYBILL_CONFIG: 'gone.yaml'})).rejects.toMatchObject({code: 'config.invalid'});
  });
});

const ssh = `
targets:
  big-box:
    kind: ssh
    host: big.example.org
    identityFile: keys/id
    secrets: [LICENSE, MISSING]
`;

describe('values', () => {
  test('an ssh target gets the defaults that it does not name', async () => {
    const {configuration} = await load(ssh);
    expect(Object.keys(configuration.targets).sort()).toEqual(['big-box', 'local']);
    expect(configuration.targets['big-box']).toMatchObject({
      identityFile: join(directory, 'keys/id'),
      knownHostsFile: '/home/user/.ssh/known_hosts',
      workspaceRoot: '.waybill/workspaces',
      agent: true,
    });
  });

  test('texts are compressed both ways, from 100 MiB on', async () => {
    const {compression} = (await load(ssh)).configuration;
    expect(compression).toEqual({outputs: true, inputs: true, minBytes: 100 * 1024 * 1024});
  });

  test.each<[string, Record<string, string>, readonly string[], unknown]>([
    ['a number', {WAYBILL_TARGETS_BIG_BOX_PORT: '2222'}, ['targets', 'big-box', 'port'], 2222],
    ['a list', {WAYBILL_TARGETS_BIG_BOX_SECRETS: 'A, B'}, ['targets', 'big-box', 'secrets'], ['A', 'B']],
    [
      'a map',
      {WAYBILL_TARGETS_LOCAL_ENVIRONMENT: 'A=1=2,B=x'},
      ['targets', 'local', 'environment'],
      {A: '1=2', B: 'x'},
    ],
    ['a boolean or a path', {WAYBILL_TARGETS_BIG_BOX_AGENT: 'false'}, ['targets', 'big-box', 'agent'], false],
    ['a text of digits stays a text', {WAYBILL_TARGETS_BIG_BOX_USER: '007'}, ['targets', 'big-box', 'user'], '007'],
    [
      'the kind of a section',
      {WAYBILL_CATALOG_KIND: 'postgres', WAYBILL_CATALOG_MAX_CONNECTIONS: '3'},
      ['catalog'],
      {kind: 'postgres', connectionStringEnv: 'WAYBILL_CATALOG_URL', maxConnections: 3},
    ],
    [
      'Temporal by its own name',
      {TEMPORAL_ADDRESS: 't:1', WAYBILL_TEMPORAL_TASK_QUEUE: 'q'},
      ['temporal'],
      {address: 't:1', namespace: 'default', taskQueue: 'q'},
    ],
  ])('the environment overrides %s', async (_name, environment, path, expected) => {
    const {configuration} = await load(ssh, environment);
    const value = path.reduce<unknown>(
      (data, step) => Object.entries(data ?? {}).find(([key]) => key === step)?.[1],
      configuration,
    );
    expect(value).toEqual(expected);
  });

  test('an empty variable counts as not set', async () => {
    const {configuration} = await load('retention: {days: 7}', {WAYBILL_RETENTION_DAYS: ''});
    expect(configuration.retention.days).toBe(7);
  });

  test('the profile file of Temporal fills in what nothing else names', async () => {
    const profile = join(directory, 'temporal.toml');
    await writeFile(profile, '[profile.default]\naddress = "cloud:7233"\nnamespace = "team"\napi_key = "hidden"\n');
    const loaded = await load('temporal: {namespace: mine}', {TEMPORAL_CONFIG_FILE: profile});
    expect(loaded.configuration.temporal).toMatchObject({address: 'cloud:7233', namespace: 'mine'});
    expect(loaded.sourceOf(['temporal', 'address'])).toEqual({from: 'profile'});
    const connection = temporalConnection(loaded.configuration, {TEMPORAL_CONFIG_FILE: profile});
    expect(connection).toMatchObject({namespace: 'mine', connectionOptions: {address: 'cloud:7233', apiKey: 'hidden'}});
  });
});

describe('a variable that no field has', () => {
  test.each([
    ['one that a field names', {WAYBILL_ARCHIVE_KEY: 'x'}],
    ['the default of a field of another kind', {WAYBILL_CATALOG_URL: 'postgres://h/d'}],
    ['a field of another kind', {WAYBILL_STORE_BUCKET: 'files'}],
    [
      'one of the programs, of commands or of the tests',
      {WAYBILL_DEBUG: '1', WAYBILL_COOKIE: 'c', WAYBILL_TEST_FILES: '3'},
    ],
    ['an empty one', {WAYBILL_RETENTION_DAY: ''}],
  ])('is known where it is %s', async (_name, environment) => {
    const yaml = ssh.replace('[LICENSE, MISSING]', '[WAYBILL_ARCHIVE_KEY]');
    expect((await load(yaml, environment)).unknownVariables).toEqual([]);
  });

  test('is told where it resembles none', async () => {
    const {unknownVariables} = await load(ssh, {WAYBILL_MINIO_SERVICE_HOST: '10.0.0.1', OTHER: 'x'});
    expect(unknownVariables).toEqual(['WAYBILL_MINIO_SERVICE_HOST']);
  });
});

test('every value says where it came from, and secrets only whether they are set', async () => {
  const environment = {LICENSE: 's3cret', WAYBILL_RETENTION_DAYS: '9'};
  const loaded = await load(ssh, environment);
  const values = effectiveValues(loaded, environment);
  const shown = (path: string) => values.find((value) => value.path === path);
  const sourceOf = (path: string) => describeSource(shown(path)?.source ?? {from: 'default'});
  expect(sourceOf('retention.days')).toBe('WAYBILL_RETENTION_DAYS');
  expect(sourceOf('targets.big-box.host')).toBe(`${join(directory, 'waybill.yaml')}:5`);
  expect(sourceOf('targets.big-box.workspaceRoot')).toBe('default');
  expect(sourceOf('targets.local.workspaceRoot')).toBe('default');
  expect(shown('targets.big-box.secrets')).toMatchObject({secrets: {LICENSE: 'set', MISSING: 'unset'}});
  expect(JSON.stringify(values)).not.toContain('s3cret');
});

describe('what is refused', () => {
  test.each<[string, string, string, Record<string, string>?]>([
    [
      'an unknown section',
      'retention: {days: 1}\nretenton: {}',
      'waybill.yaml:2: retenton: unknown key (did you mean `retention`?)',
    ],
    [
      'an unknown field of a target',
      `${ssh}    hots: x`,
      'waybill.yaml:8: targets.big-box.hots: unknown key (did you mean `host`?)',
    ],
    ['a field that resembles none', 'log: {zzzzzz: 1}', 'log.zzzzzz: unknown key (known: level)'],
    ['a number out of range', 'retention:\n  days: 0', 'waybill.yaml:2: retention.days: too small'],
    ['a text for a section', 'catalog: postgres://u:s3cret@h/d', 'waybill.yaml:1: catalog'],
    [
      'an unknown kind',
      'targets:\n  x:\n    kind: telnet',
      "waybill.yaml:3: targets.x.kind: invalid discriminator value. Expected 'local' | 'ssh'",
    ],
    ['a target without host', 'targets:\n  x:\n    kind: ssh', 'waybill.yaml:2: targets.x.host: invalid input'],
    [
      'a target name with a slash',
      'targets:\n  a/b: {kind: local}',
      'waybill.yaml:2: targets.a/b: must be 1 to 64 letters',
    ],
    [
      'a target with the name of the default store',
      'targets:\n  store: {kind: local}',
      'waybill.yaml:2: targets.store: `store` is the name',
    ],
    ['broken YAML', 'retention:\n  days: [1', 'waybill.yaml:2:'],
    ['a key twice', 'log: {}\nlog: {}', 'waybill.yaml:2: Map keys must be unique'],
    ['a list for the whole', '- a', 'the file: invalid input'],
    [
      'a variable that does not fit',
      '',
      'environment variable WAYBILL_RETENTION_DAYS: retention.days: invalid input',
      {WAYBILL_RETENTION_DAYS: 'many'},
    ],
    [
      'a misspelt variable',
      '',
      'environment variable WAYBILL_RETENTION_DAY: unknown (did you mean `WAYBILL_RETENTION_DAYS`?)',
      {WAYBILL_RETENTION_DAY: '90'},
    ],
    [
      'a misspelt variable of a target',
      ssh,
      'environment variable WAYBILL_TARGETS_BIGBOX_PORT: unknown (did you mean `WAYBILL_TARGETS_BIG_BOX_PORT`?)',
      {WAYBILL_TARGETS_BIGBOX_PORT: '2222'},
    ],
    [
      "a name of Temporal's with a prefix that it does not have",
      '',
      'environment variable WAYBILL_TEMPORAL_ADDRESS: unknown (did you mean `TEMPORAL_ADDRESS`?)',
      {WAYBILL_TEMPORAL_ADDRESS: 't:1'},
    ],
    [
      'a map whose entry has no value',
      '',
      'environment variable WAYBILL_TARGETS_LOCAL_ENVIRONMENT: targets.local.environment: invalid input',
      {WAYBILL_TARGETS_LOCAL_ENVIRONMENT: 'A=1,DEBUG'},
    ],
  ])('%s', async (_name, yaml, message, environment) => {
    const loading = load(yaml, environment);
    await expect(loading).rejects.toMatchObject({code: 'config.invalid'});
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.not.toThrow('s3cret');
  });

  test('all problems at once, a line for each', async () => {
    const error: unknown = await load('retention: {days: 0}\nlog: {level: loud}').catch((reason: unknown) => reason);
    expect(String(error).split('\n')).toHaveLength(2);
  });
});

const archive = `
stores:
  archive:
    kind: s3
    endpoint: https://s3.example.org
    bucket: files
    credentialsFile: keys/archive
    secretAccessKeyEnv: ARCHIVE_SECRET
`;

describe('an S3 store', () => {
  test('gets the defaults that it does not name, and the environment overrides what it does', async () => {
    const {configuration} = await load(archive, {WAYBILL_STORES_ARCHIVE_CONNECTIONS: '4'});
    expect(configuration.stores['archive']).toEqual({
      ...{kind: 's3', endpoint: 'https://s3.example.org', bucket: 'files', prefix: '', region: 'us-east-1'},
      ...{pathStyle: true, accessKeyIdEnv: 'AWS_ACCESS_KEY_ID', secretAccessKeyEnv: 'ARCHIVE_SECRET'},
      ...{credentialsFile: join(directory, 'keys/archive'), credentialsProfile: 'default'},
      ...{roots: ['/'], connections: 4, tries: 6},
    });
  });

  test('shows its keys as set or unset, never as they are', async () => {
    const environment = {HOME: '/home/user', ARCHIVE_SECRET: 'hush'};
    const values = effectiveValues(await load(archive, environment), environment);
    const shown = (name: string) => values.find(({path}) => path === `stores.archive.${name}`);
    expect(shown('secretAccessKeyEnv')).toMatchObject({value: 'ARCHIVE_SECRET', secrets: {ARCHIVE_SECRET: 'set'}});
    expect(shown('accessKeyIdEnv')).toMatchObject({secrets: {AWS_ACCESS_KEY_ID: 'unset'}});
    expect(JSON.stringify(values)).not.toContain('hush');
  });

  test.each([
    [
      'a target has its name',
      `${archive}targets: {archive: {kind: local}}`,
      ':3: stores.archive: `archive` is the name',
    ],
    ['the default store has its name', archive.replace('archive:', 'store:'), ':3: stores.store: `store` is the name'],
    ['its name is that of the host', archive.replace('archive:', 'local:'), ':3: stores.local: `local` is the name'],
    ['the endpoint has a path', archive.replace('.org', '.org/files'), ':5: stores.archive.endpoint: must be http'],
    ['the endpoint has a password', archive.replace('s3.ex', 'a:b@s3.ex'), ':5: stores.archive.endpoint: must be http'],
    ['the prefix leads upwards', `${archive}    prefix: a/../b\n`, ':9: stores.archive.prefix: must be names'],
    ['the prefix ends with a slash', `${archive}    prefix: a/\n`, ':9: stores.archive.prefix: must be names'],
  ])('is refused with file and line where %s', async (_name, yaml, sentence) => {
    await expect(load(yaml)).rejects.toThrow(`waybill.yaml${sentence}`);
  });
});
