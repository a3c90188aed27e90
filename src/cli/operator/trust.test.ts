import {execFile} from 'node:child_process';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, beforeEach, expect, it} from 'vitest';
import {type Sshd, startSshd} from '../../../test/servers/sshd.js';
import {capture} from '../../../test/cli/captured-context.js';
import {main} from '../main.js';
import {exited, ScriptedClient} from '../../../test/cli/scripted-client.js';

let sshd: Sshd;
let home = '';
let fingerprint = '';
const knownHosts = () => join(home, 'known_hosts');

beforeAll(async () => {
  sshd = await startSshd();
  const [keyFile = ''] = sshd.hostKeyFiles;
  const {stdout} = await promisify(execFile)('ssh-keygen', ['-lf', keyFile]);
  fingerprint = stdout.split(' ')[1] ?? '';
});
afterAll(() => sshd.close());

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'waybill-trust-'));
  const target = {kind: 'ssh', host: sshd.host, port: sshd.port, user: sshd.user, knownHostsFile: knownHosts()};
  await writeFile(join(home, 'waybill.yaml'), JSON.stringify({targets: {lab: target}}));
  return () => rm(home, {recursive: true});
});

async function waybill(...argv: string[]) {
  const captured = capture(new ScriptedClient({result: async () => exited(0)}), {environment: {HOME: home}, cwd: home});
  const status = await main(argv, captured.context);
  return {status, stdout: captured.stdout(), stderr: captured.stderr()};
}

it('adds the key that was named, once', async () => {
  const added = await waybill('targets', 'trust', 'lab', '--yes', '--fingerprint', fingerprint);
  expect(added).toEqual({status: 0, stdout: '', stderr: `Added to ${knownHosts()}.\n`});
  const known = await readFile(knownHosts(), 'utf8');
  expect(known).toMatch(/^\[127\.0\.0\.1\]:\d+ \S+ \S+\n$/);
  const again = await waybill('targets', 'trust', 'lab', '--json', '--yes', '--fingerprint', fingerprint);
  expect(JSON.parse(again.stdout)).toMatchObject({outcome: 'known', state: 'known', fingerprint});
  expect(await readFile(knownHosts(), 'utf8')).toBe(known);
});

it('says which file it looked into for a target, and how to name another', async () => {
  const {stderr} = await waybill('targets', 'trust', 'nowhere');
  expect(stderr).toContain(`no target nowhere in ${join(home, 'waybill.yaml')}`);
  expect(stderr).toContain('WAYBILL_CONFIG');
  await rm(join(home, 'waybill.yaml'));
  expect((await waybill('targets', 'trust', 'lab')).stderr).toContain(`from ${home} upwards: there is none`);
});

it.each([
  ['another key was expected', ['lab', '--yes', '--fingerprint', 'SHA256:other'], 'ssh.host-key-changed'],
  ['nobody can be asked', ['lab'], 'ssh.host-key-unknown'],
  ['--yes alone', ['lab', '--yes'], 'input.invalid'],
  ['a target without SSH', ['local'], 'input.invalid'],
  ['an unknown target', ['nowhere'], 'target.unknown'],
])('adds nothing: %s', async (_why, argv, code) => {
  const {status, stderr} = await waybill('targets', 'trust', ...argv);
  expect(status).toBe(125);
  expect(stderr).toContain(`(${code})`);
  await expect(readFile(knownHosts())).rejects.toThrow('ENOENT');
});

it('config shows values, their sources, and secrets as set or unset only', async () => {
  await writeFile(join(home, 'waybill.yaml'), 'targets:\n  local:\n    kind: local\n    secrets: [HOME, NEVER_SET]\n');
  const {stdout, status} = await waybill('config');
  expect(status).toBe(0);
  expect(stdout).toMatch(/targets\.local\.secrets\s+HOME \(set\), NEVER_SET \(unset\)\s+.*waybill\.yaml:4/);
  expect(stdout).toMatch(/temporal\.namespace\s+default\s+default/);
  const secrets = stdout.split('\n').find((line) => line.startsWith('targets.local.secrets')) ?? '';
  expect(secrets.replace(join(home, 'waybill.yaml'), '')).not.toContain(home);
});
