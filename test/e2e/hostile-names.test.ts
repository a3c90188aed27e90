import {existsSync} from 'node:fs';
import {mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {homedir, tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {LocalInput} from '../../src/client/api.js';
import {
  carriedNames,
  carriedPaths,
  refusedNames,
  unrepresentableNames,
} from '../../src/stores/contract/hostile-names.js';
import type {LoginShell} from '../servers/users.js';
import {contentOf, HOSTILE_JOB, type HostilePlan, jobReport, makeNamed, snapshot} from './hostile-job.js';
import {leftovers, startTestStack, type TestStack} from './stack.js';
import {localTarget, sshTarget} from './targets.js';

const SHELLS: readonly LoginShell[] = ['bash', 'dash', 'fish', 'csh'];
const carried = [...carriedNames, ...carriedPaths].map(({name}) => name);
/** Enough to see a shell take a name for anything but data. */
const few = carriedNames.filter(({title}) =>
  /dash|quote|substitution|operators|newline|backslash|star|history|tilde/.test(title),
);
const invalid = unrepresentableNames.map(({bytes}) => Buffer.from(bytes).toString('hex'));
const likePartial = `${'0'.repeat(40)}.partial`;

let stack: TestStack;
let here: string;
let canary: string;
let untouched: readonly string[];
let beside: readonly string[];
const started: string[] = [];
const home = (shell: LoginShell) => `/home/${stack.sshd.users.get(shell) ?? ''}/workspaces`;

beforeAll(async () => {
  here = await mkdtemp(join(tmpdir(), 'waybill-hostile-'));
  stack = await startTestStack({
    sshd: {shells: SHELLS},
    more: (sshd) =>
      SHELLS.map((shell) => {
        const user = sshd.users.get(shell) ?? '';
        return sshTarget(`as-${shell}`, sshd, {user, workspaceRoot: `/home/${user}/workspaces`});
      }).join('') + localTarget('files', {roots: [`${here}/tree`]}),
  });
  canary = join(stack.directory, 'canary');
  await makeNamed(canary, ['file', 'directory/file']);
  untouched = await snapshot(canary);
  beside = await readdir(stack.directory);
});
afterAll(async () => {
  await stack.close(started);
  await rm(here, {recursive: true, force: true});
});

/** What lies beside the roots of workspaces and store is as it was, and no name was taken for a command. */
async function expectNothingTouched(): Promise<void> {
  expect(await snapshot(canary)).toEqual(untouched);
  expect(await readdir(stack.directory)).toEqual(beside);
  for (const place of [homedir(), process.cwd(), here, stack.directory, stack.workspaceRoot('gpu'), tmpdir()])
    expect(existsSync(join(place, 'waybill-was-here')), place).toBe(false);
}

/** Links that a job leaves: those out of the tree are refused, the others arrive as they are. */
function links(): {readonly kept: Record<string, string>; readonly refused: Record<string, string>} {
  return {
    kept: {'loop-a': 'loop-b', 'loop-b': 'loop-a', self: 'self', dangling: 'nowhere', inside: `./${likePartial}`},
    refused: {
      absolute: '/etc/passwd',
      'to-canary': canary,
      up: '../../../../../canary',
      'up-file': '../../canary/file',
    },
  };
}

async function run(id: string, target: string, names: readonly string[], plan: HostilePlan) {
  const source = join(here, id);
  const sent = await makeNamed(join(source, 'named'), names);
  await writeFile(join(source, 'job.mjs'), HOSTILE_JOB);
  await writeFile(join(source, 'plan.json'), JSON.stringify(plan));
  const inputs: LocalInput[] = [
    ...names.map((name) => ({name: `given/${name}`, path: join(source, 'named', name)})),
    ...['job.mjs', 'plan.json'].map((name) => ({name, path: join(source, name)})),
  ];
  started.push(id);
  const handle = await stack.client.start({
    id,
    target,
    inputs,
    command: [process.execPath, 'job.mjs', ...names],
    environment: {HOSTILE: names.join('|')},
  });
  const result = await handle.result();
  const into = join(here, `${id}-out`);
  const downloaded = await handle.download({into});
  expect(downloaded.filter(({outcome}) => outcome !== 'downloaded')).toEqual([]);
  const listed: string[] = [];
  for await (const {name} of handle.outputs()) listed.push(name);
  expect(downloaded.map(({name}) => name).sort()).toEqual(listed.sort());
  const report: unknown = JSON.parse(await readFile(join(into, 'received.json'), 'utf8'));
  const {args, received, value} = jobReport.parse(report);
  const seen = new Map(received);
  // What the command saw is what was sent: names, bytes, arguments and environment.
  expect(args).toEqual(names);
  expect(value).toBe(names.join('|'));
  for (const [name, sha256] of sent) expect(seen.get(`given/${name}`), name).toBe(sha256);
  expect(seen.size).toBe(inputs.length);
  return {handle, result, listed, content: await contentOf(into)};
}

describe.each(['local', 'gpu'])('hostile names on %s', (target) => {
  it('arrive exactly, as inputs, arguments and outputs, or are refused by name', async () => {
    const {kept, refused} = links();
    const files = [...carried, likePartial];
    const id = `hostile-${target}`;
    const plan = {files, links: {...kept, ...refused}, unrepresentable: [], special: true};
    const {result, content, listed} = await run(id, target, carried, plan);
    expect(result, JSON.stringify(result.failure)).toMatchObject({outcome: 'succeeded', starts: 1});
    const expected = await makeNamed(join(here, `${id}-expected`), files);
    for (const [name, sha256] of expected) expect(content.files.get(`out/${name}`), name).toBe(sha256);
    expect(content.files.size).toBe(files.length + 1);
    expect(content.links).toEqual(new Map(Object.entries(kept).map(([name, to]) => [`out/${name}`, to])));
    expect(listed).toHaveLength(files.length + 1 + Object.keys(kept).length);
    const warned = Object.fromEntries(result.warnings.map(({name, code}) => [name, code]));
    expect(warned).toEqual({
      ...Object.fromEntries(Object.keys(refused).map((name) => [`out/${name}`, 'link.leaves-root'])),
      ...Object.fromEntries(['fifo', 'socket', 'device'].map((name) => [`out/${name}`, 'source.special-file'])),
    });
    expect(await leftovers(stack, id)).toEqual([]);
    await expectNothingTouched();
  });

  it('that are not UTF-8 fail the run by name, and the others arrive', async () => {
    const id = `invalid-${target}`;
    const plan = {files: ['fine'], links: {}, unrepresentable: invalid, special: false};
    const {result, content} = await run(id, target, [], plan);
    expect(result).toMatchObject({
      outcome: 'failed',
      starts: 1,
      failure: {code: 'name.not-carried', stage: 'collect'},
      collected: {failedFiles: invalid.length},
    });
    expect([...content.files.keys()].sort()).toEqual(['out/fine', 'received.json']);
    await expectNothingTouched();
  });
});

describe.each(SHELLS)('a target whose login shell is %s', (shell) => {
  it('takes names, arguments and environment for data', async () => {
    const names = few.map(({name}) => name);
    const {kept, refused} = links();
    const id = `shell-${shell}`;
    const plan = {files: [...names, likePartial], links: {...kept, ...refused}, unrepresentable: [], special: true};
    const {result, content} = await run(id, `as-${shell}`, names, plan);
    expect(result, JSON.stringify(result.failure)).toMatchObject({outcome: 'succeeded', starts: 1});
    expect([...content.files.keys()].sort()).toEqual(
      [...names.map((name) => `out/${name}`), `out/${likePartial}`, 'received.json'].sort(),
    );
    expect(await leftovers(stack, id, [home(shell)])).toEqual([]);
    expect(existsSync(join(home(shell), '..', 'waybill-was-here'))).toBe(false);
    await expectNothingTouched();
  });
});

describe('names that leave their root', () => {
  it.each(refusedNames)('are refused as inputs before anything starts: $title', async ({name}) => {
    const path = join(here, 'plain');
    await writeFile(path, 'x');
    const id = `refused-${started.length}-${refusedNames.findIndex((one) => one.name === name)}`;
    const start = stack.client.start({id, command: ['true'], inputs: [{name, path}]});
    await expect(start).rejects.toHaveProperty('code', 'name.not-carried');
    // Nobody waits for what can never come.
    expect(await stack.client.execution(id).record()).toBeUndefined();
    await expectNothingTouched();
  });

  it('and links, FIFOs and bytes in a tree that the worker fetches are told or refused by name', async () => {
    const tree = join(here, 'tree', 'one');
    await makeNamed(tree, carried);
    for (const [name, to] of Object.entries({...links().kept, ...links().refused})) await symlink(to, join(tree, name));
    await mkdir(join(here, 'tree', 'two'));
    for (const {bytes} of unrepresentableNames)
      await writeFile(Buffer.concat([Buffer.from(join(here, 'tree', 'two/')), bytes]), 'x');
    started.push('tree', 'tree-invalid');
    const handle = await stack.client.start({
      id: 'tree',
      target: 'gpu',
      command: ['sh', '-c', 'cp -a given out'],
      locations: [{name: 'given', from: `files:${tree}`}],
    });
    expect(await handle.result()).toMatchObject({outcome: 'succeeded', staged: {files: carried.length + 5}});
    const into = join(here, 'tree-out');
    await handle.download({into});
    const {files, links: arrived} = await contentOf(join(into, 'out'));
    expect([...files.keys()].sort()).toEqual([...carried].sort());
    expect(arrived).toEqual(new Map(Object.entries(links().kept)));
    const refused = await stack.client.start({
      id: 'tree-invalid',
      target: 'gpu',
      command: ['true'],
      locations: [{name: 'given', from: `files:${join(here, 'tree', 'two')}`}],
    });
    expect(await refused.result()).toMatchObject({
      outcome: 'failed',
      starts: 0,
      failure: {code: 'name.not-carried', stage: 'stage'},
    });
    await expectNothingTouched();
  });
});
