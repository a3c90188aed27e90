import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {connect} from '../../src/ssh/connect.js';
import {SshShell} from '../../src/ssh/exec.js';
import {SshPool} from '../../src/ssh/pool.js';
import {trustHost} from '../../src/ssh/trust.js';
import {freePort} from '../servers/ports.js';
import {endpointOf} from '../servers/sshd-endpoint.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {until} from '../until.js';

let sshd: Sshd;
let encrypted = '';
let agent: ChildProcess;
let agentSocket = '';

beforeAll(async () => {
  sshd = await startSshd();
  encrypted = join(sshd.directory, 'encrypted');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'open sesame', '-f', encrypted]);
  await sshd.authorize(await readFile(`${encrypted}.pub`, 'utf8'));
  agentSocket = join(sshd.directory, 'agent');
  agent = spawn('ssh-agent', ['-D', '-a', agentSocket], {stdio: 'ignore'});
  await until('the agent listens', () => Promise.resolve(existsSync(agentSocket)));
  execFileSync('ssh-add', ['-q', sshd.identityFile], {
    env: {...process.env, SSH_AUTH_SOCK: agentSocket},
    stdio: 'ignore',
  });
});
afterAll(async () => {
  agent.kill();
  await sshd.close();
});

test('decrypts an identity file with its passphrase', async () => {
  (await connect(endpointOf(sshd, {identities: [{path: encrypted, passphrase: 'open sesame'}]}))).end();
});

test('says that a passphrase is missing or wrong, and does not repeat it', async () => {
  await expect(connect(endpointOf(sshd, {identities: [{path: encrypted}]}))).rejects.toMatchObject({
    code: 'ssh.authentication-failed',
    message: expect.stringContaining('encrypted') as string,
  });
  const wrong = connect(endpointOf(sshd, {identities: [{path: encrypted, passphrase: 'open barley'}]}));
  await expect(wrong).rejects.toMatchObject({code: 'ssh.authentication-failed'});
  await expect(wrong).rejects.not.toMatchObject({message: expect.stringContaining('barley') as string});
});

test('authenticates through an agent', async () => {
  (await connect(endpointOf(sshd, {identities: [], identitiesOnly: false, agentSocket}))).end();
});

test('offers of the agent only the keys that are named, where that is asked for', async () => {
  const only = endpointOf(sshd, {identities: [{path: encrypted}], identitiesOnly: true, agentSocket});
  await expect(connect(only)).rejects.toMatchObject({code: 'ssh.authentication-failed'});
  execFileSync('ssh-add', ['-q', encrypted], {
    env: {...process.env, SSH_AUTH_SOCK: agentSocket, SSH_ASKPASS: await askpass(), SSH_ASKPASS_REQUIRE: 'force'},
  });
  (await connect(only)).end();
});

async function askpass(): Promise<string> {
  const script = join(sshd.directory, 'askpass');
  await writeFile(script, "#!/bin/sh\necho 'open sesame'\n", {mode: 0o755});
  return script;
}

test('names what it offered where the server takes none of it', async () => {
  const stranger = join(sshd.directory, 'stranger');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', stranger]);
  await expect(connect(endpointOf(sshd, {identities: [{path: stranger}]}))).rejects.toMatchObject({
    code: 'ssh.authentication-failed',
    retryable: false,
    message: expect.stringContaining(stranger) as string,
  });
});

test('an identity file that is missing is a mistake in the configuration', async () => {
  const missing = endpointOf(sshd, {identities: [{path: join(sshd.directory, 'missing')}]});
  await expect(connect(missing)).rejects.toMatchObject({code: 'ssh.configuration'});
});

test('a port where nothing listens is unreachable', async () => {
  await expect(connect(endpointOf(sshd, {port: await freePort()}))).rejects.toMatchObject({
    code: 'ssh.unreachable',
    retryable: true,
  });
});

test('connects through a jump host, and ends both connections', async () => {
  const inner = await startSshd();
  const pool = new SshPool(endpointOf(inner, {jump: endpointOf(sshd)}));
  try {
    const {stdout} = await new SshShell(pool).run('echo "$SSH_CONNECTION"');
    expect(Buffer.from(stdout).toString()).toContain(` ${inner.port}`);
    await pool.close();
    await until('the jump host is left', async () => (await sshd.log()).includes('Disconnected from user'), 5);
  } finally {
    await pool.close();
    await inner.close();
  }
});

test('a jump host has to be trusted on its own, and first', async () => {
  const file = join(sshd.directory, 'jump-hosts');
  const inner = await startSshd();
  try {
    const known = {knownHostsFiles: [file]};
    const endpoint = endpointOf(inner, {...known, jump: endpointOf(sshd, known)});
    await expect(connect(endpoint)).rejects.toMatchObject({
      code: 'ssh.host-key-unknown',
      message: expect.stringContaining(String(sshd.port)) as string,
    });
    const first = await trustHost(endpoint);
    expect(first.host).toContain(String(sshd.port));
    await first.accept();
    const second = await trustHost(endpoint);
    expect(second.host).toContain(String(inner.port));
    await second.accept();
    (await connect(endpoint)).end();
  } finally {
    await inner.close();
    await rm(file, {force: true});
  }
});
