import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {homedir, tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {resolveEndpoint, type SshSettings} from './resolve.js';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-ssh-config-'));
});
afterEach(() => rm(directory, {recursive: true}));

async function resolve(config: string, settings: Partial<SshSettings> = {}): ReturnType<typeof resolveEndpoint> {
  const configFile = join(directory, 'config');
  await writeFile(configFile, config);
  return resolveEndpoint({name: 'lab', host: 'lab', configFile, ...settings});
}

test('takes what waybill.yaml leaves open from the configuration of OpenSSH', async () => {
  const {endpoint, notices} = await resolve(`
    Host lab
      HostName lab.example.org
      User alice
      Port 2222
      IdentityFile ~/.ssh/lab_%r
      IdentityFile ~/.ssh/second
      IdentitiesOnly yes
      IdentityAgent /run/agent.%u
      UserKnownHostsFile ~/.ssh/lab_hosts
      HostKeyAlias the-lab
      ConnectTimeout 7
      ServerAliveInterval 4
      ServerAliveCountMax 5
      Ciphers aes256-ctr,aes128-ctr
    Host *
      User nobody
  `);
  expect(endpoint).toMatchObject({
    host: 'lab.example.org',
    user: 'alice',
    port: 2222,
    identities: [{path: join(homedir(), '.ssh/lab_alice')}, {path: join(homedir(), '.ssh/second')}],
    identitiesOnly: true,
    knownHostsFiles: [join(homedir(), '.ssh/lab_hosts')],
    hostKeyAlias: 'the-lab',
    connectTimeoutMs: 7000,
    keepAliveMs: 4000,
    deadAfterMs: 20_000,
    ciphers: ['aes256-ctr', 'aes128-ctr'],
  });
  expect(endpoint.agentSocket).toMatch(/^\/run\/agent\../);
  expect(notices).toEqual([]);
});

test.each([
  ['ConnectTimeout 0\n ServerAliveCountMax 0\n ServerAliveInterval 0', 15_000, 5_000, 15_000],
  ['ConnectTimeout 1m30s\n ServerAliveInterval 1m\n ServerAliveCountMax 2', 90_000, 60_000, 120_000],
])('a limit that OpenSSH has none for, or writes in minutes, cuts no line: %j', async (lines, connect, alive, dead) => {
  const {endpoint} = await resolve(`Host lab\n ${lines}\n`);
  expect(endpoint).toMatchObject({connectTimeoutMs: connect, keepAliveMs: alive, deadAfterMs: dead});
});

test('prefers what waybill.yaml says', async () => {
  const {endpoint} = await resolve('Host lab\n User alice\n Port 2222\n IdentityFile /a\n IdentityAgent /b\n', {
    user: 'bob',
    port: 22,
    identityFile: '/own',
    passphrase: 'secret',
    agent: false,
    knownHostsFile: '/hosts',
  });
  expect(endpoint).toMatchObject({
    user: 'bob',
    port: 22,
    identities: [{path: '/own', passphrase: 'secret'}],
    knownHostsFiles: ['/hosts'],
  });
  expect(endpoint).not.toHaveProperty('agentSocket');
});

test('resolves each jump host by the configuration, too', async () => {
  const {endpoint} = await resolve(`
    Host lab
      ProxyJump carol@door:2200,inner
    Host door
      HostName door.example.org
    Host inner
      User ivan
  `);
  expect(endpoint.jump).toMatchObject({host: 'inner', user: 'ivan', port: 22});
  expect(endpoint.jump?.jump).toMatchObject({host: 'door.example.org', user: 'carol', port: 2200});
  expect(endpoint.jump?.jump).not.toHaveProperty('jump');
});

test('refuses jump hosts in a circle', async () => {
  await expect(resolve('Host a\n ProxyJump b\nHost b\n ProxyJump a\n', {host: 'a'})).rejects.toMatchObject({
    code: 'ssh.configuration',
  });
});

test('says what is set for the host and has no effect', async () => {
  const {notices} = await resolve(`
    Host lab
      ProxyCommand nc %h %p
      ControlMaster auto
      StrictHostKeyChecking no
      Ciphers +3des-cbc
      ForwardAgent yes
    Host other
      LocalForward 1 h:1
    Match exec "touch \${HOME}/must-not-run"
      User mallory
  `);
  expect(notices.join('\n')).toMatch(/ProxyCommand is not supported/);
  expect(notices.join('\n')).toMatch(/ControlMaster is not supported/);
  expect(notices.join('\n')).toMatch(/StrictHostKeyChecking no is not followed/);
  expect(notices.join('\n')).toMatch(/ciphers: changes of the default list/);
  expect(notices.join('\n')).toMatch(/Match exec is not run/);
  expect(notices.join('\n')).not.toMatch(/LocalForward|ForwardAgent/);
});

test('reads included files where they are named', async () => {
  await mkdir(join(directory, 'conf.d'));
  await writeFile(join(directory, 'conf.d', 'lab.conf'), 'Host lab\n  User included\n');
  const {endpoint} = await resolve('Include conf.d/*.conf\nHost *\n  User other\n  Port 99\n');
  expect(endpoint).toMatchObject({user: 'included', port: 99});
});

test('works without a configuration file', async () => {
  const {endpoint, notices} = await resolveEndpoint({name: 'lab', host: 'h', configFile: join(directory, 'none')});
  expect(endpoint).toMatchObject({host: 'h', port: 22});
  expect(notices).toEqual([]);
});
