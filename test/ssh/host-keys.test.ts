import {execFileSync} from 'node:child_process';
import {readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {connect} from '../../src/ssh/connect.js';
import {trustHost} from '../../src/ssh/trust.js';
import {endpointOf} from '../servers/sshd-endpoint.js';
import {type Sshd, startSshd} from '../servers/sshd.js';

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd({hostKeyTypes: ['ed25519', 'ecdsa']});
});
afterAll(() => sshd.close());

function printedFingerprint(hostKey: string | undefined): string {
  return (
    execFileSync('ssh-keygen', ['-lf', `${hostKey ?? ''}.pub`])
      .toString()
      .split(' ')[1] ?? ''
  );
}

async function knownHosts(name: string, ...lines: string[]): Promise<string> {
  const file = join(sshd.directory, name);
  await writeFile(file, lines.join('\n'));
  return file;
}

test('refuses an unknown host with the fingerprint and the command that accepts it', async () => {
  const endpoint = endpointOf(sshd, {knownHostsFiles: [join(sshd.directory, 'none')]});
  await expect(connect(endpoint)).rejects.toMatchObject({
    code: 'ssh.host-key-unknown',
    found: printedFingerprint(sshd.hostKeyFiles[0]),
    remedy: expect.stringContaining('waybill targets trust lab') as string,
  });
});

test('accepts it once it was trusted, and writes a line that OpenSSH reads', async () => {
  const file = await knownHosts('trusted', 'other.example ssh-ed25519 AAAA');
  const endpoint = endpointOf(sshd, {knownHostsFiles: [file]});
  const offer = await trustHost(endpoint);
  expect(offer).toMatchObject({state: 'unknown', fingerprint: printedFingerprint(sshd.hostKeyFiles[0])});
  await expect(connect(endpoint)).rejects.toMatchObject({code: 'ssh.host-key-unknown'});
  await offer.accept();
  (await connect(endpoint)).end();
  expect(await trustHost(endpoint)).toMatchObject({state: 'known'});
  expect((await readFile(file, 'utf8')).split('\n')[0]).toBe('other.example ssh-ed25519 AAAA');
  expect(execFileSync('ssh-keygen', ['-F', `[127.0.0.1]:${sshd.port}`, '-f', file]).toString()).toContain(
    'ssh-ed25519',
  );
});

test('finds a hashed host', async () => {
  const file = await knownHosts('hashed', await readFile(sshd.knownHostsFile, 'utf8'));
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], {stdio: 'ignore'});
  await rm(`${file}.old`);
  (await connect(endpointOf(sshd, {knownHostsFiles: [file]}))).end();
});

test('asks for the key type that is known, not for the one it would prefer', async () => {
  const ecdsa = await readFile(`${sshd.hostKeyFiles[1] ?? ''}.pub`, 'utf8');
  const file = await knownHosts('ecdsa', `[127.0.0.1]:${sshd.port} ${ecdsa}`);
  (await connect(endpointOf(sshd, {knownHostsFiles: [file]}))).end();
});

test('refuses a changed key, also when asked to trust it', async () => {
  const other = join(sshd.directory, 'another');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
  const file = await knownHosts('changed', `[127.0.0.1]:${sshd.port} ${await readFile(`${other}.pub`, 'utf8')}`);
  const endpoint = endpointOf(sshd, {knownHostsFiles: [file]});
  await expect(connect(endpoint)).rejects.toMatchObject({
    code: 'ssh.host-key-changed',
    expected: printedFingerprint(other),
    found: printedFingerprint(sshd.hostKeyFiles[0]),
  });
  const offer = await trustHost(endpoint);
  expect(offer.state).toBe('changed');
  await expect(offer.accept()).rejects.toMatchObject({code: 'ssh.host-key-changed'});
});

test('refuses a revoked key that another line knows', async () => {
  const known = await readFile(sshd.knownHostsFile, 'utf8');
  const key = await readFile(`${sshd.hostKeyFiles[0] ?? ''}.pub`, 'utf8');
  const file = await knownHosts('revoked', known, `@revoked * ${key}`);
  await expect(connect(endpointOf(sshd, {knownHostsFiles: [file]}))).rejects.toMatchObject({
    code: 'ssh.host-key-changed',
  });
});

test('looks up the alias in place of the address', async () => {
  const key = await readFile(`${sshd.hostKeyFiles[0] ?? ''}.pub`, 'utf8');
  const file = await knownHosts('alias', `the-lab ${key}`);
  (await connect(endpointOf(sshd, {knownHostsFiles: [file], hostKeyAlias: 'the-lab'}))).end();
});
