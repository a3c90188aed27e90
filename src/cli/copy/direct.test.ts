import {mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {type Ran, runScripted} from '../../../test/cli/run-scripted.js';

let cwd: string;

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'waybill-direct-'));
  await mkdir(join(cwd, 'from/sub'), {recursive: true});
  await writeFile(join(cwd, 'from/a'), 'a');
  await writeFile(join(cwd, 'from/sub/b'), 'b');
});

afterEach(async () => {
  await rm(cwd, {recursive: true});
});

function cli(...argv: readonly string[]): Promise<Ran> {
  return runScripted(argv, {}, {cwd, environment: {HOME: cwd, XDG_STATE_HOME: join(cwd, 'state')}});
}

it('copies and checks without Temporal, and finds what differs', async () => {
  const copied = await cli('copy', '--direct', 'from/', 'to');
  expect(copied).toMatchObject({status: 0, connected: []});
  expect(copied.stderr).toContain('Copied 2 files (2 B sent)');
  expect(await cli('check', '--direct', 'from/', 'to')).toMatchObject({status: 0, stdout: ''});
  await writeFile(join(cwd, 'to/a'), 'x');
  await rm(join(cwd, 'to/sub/b'));
  const checked = await cli('check', '--direct', 'from/', 'to');
  expect(checked.status).toBe(1);
  expect(checked.stdout).toMatch(/^differs {2}a: SHA-256 .*\nmissing {2}sub\/b\n$/);
  expect(checked.stderr).toBe('1 the same, 1 missing, 1 different, 0 not compared\n');
});

it('says in a dry run what would be done', async () => {
  const planned = await cli('copy', '--direct', '--dry-run', 'from', 'to/');
  expect(planned.stderr).toContain('copy  from/sub/b');
  expect(await readdir(cwd)).toEqual(['from']);
});

it('writes into the manifest of a direct copy what failed and what was refused', async () => {
  await mkdir(join(cwd, 'to/a'), {recursive: true});
  await writeFile(Buffer.concat([Buffer.from(join(cwd, 'from/')), Buffer.from([0xff])]), 'lost');
  await symlink('/etc/passwd', join(cwd, 'from/link'));
  const copied = await cli('copy', '--direct', '--manifest', 'manifest', 'from/', 'to');
  expect(copied.status).toBe(120);
  const lines = (await readFile(join(cwd, 'manifest'), 'utf8')).trim().split('\n');
  const found = lines.map((line): unknown => JSON.parse(line));
  expect(found).toHaveLength(5);
  expect(found).toEqual(
    expect.arrayContaining([
      expect.objectContaining({name: 'a', outcome: 'failed'}),
      expect.objectContaining({name: 'sub/b', outcome: 'copied'}),
      expect.objectContaining({name: 'link', outcome: 'left-out'}),
      expect.objectContaining({code: 'name.not-carried', outcome: 'failed'}),
    ]),
  );
});

it('takes a place of the configuration only below its roots', async () => {
  await writeFile(join(cwd, 'waybill.yaml'), `targets:\n  disk:\n    kind: local\n    roots: [${cwd}/from]\n`);
  expect(await cli('copy', '--direct', `disk:${cwd}/from/a`, 'to')).toMatchObject({status: 0});
  const refused = await cli('copy', '--direct', `disk:${cwd}/to`, 'again');
  expect(refused.status).toBe(125);
  expect(refused.stderr).toContain('target.not-allowed');
});

it('names what is missing of a command line', async () => {
  expect((await cli('copy', '--direct', 'from')).stderr).toContain('copy needs a SOURCE and a DEST');
  expect((await cli('copy', 'from', 'disk:/x')).stderr).toContain('--direct');
  expect((await cli('copy', '--detach', '--manifest', 'm', 'disk:/x', 'disk:/y')).stderr).toContain('--manifest');
});
