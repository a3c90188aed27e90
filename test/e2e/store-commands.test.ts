import {createHash, randomBytes} from 'node:crypto';
import {chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {commandLine} from './command-line.js';
import {startTestStack, type TestStack} from './stack.js';
import {localTarget, sshTarget} from './targets.js';

let stack: TestStack;
let files: string;

beforeAll(async () => {
  stack = await startTestStack({
    more: (sshd, directory) =>
      localTarget('disk', {roots: [`${directory}/files`]}) +
      sshTarget('far', sshd, {roots: [`${directory}/files`, `${directory}/more`]}),
  });
  files = join(stack.directory, 'files');
  await mkdir(files);
});

afterAll(async () => {
  const started: string[] = [];
  for await (const {workflowId} of stack.temporal.workflow.list({query: "WorkflowType = 'store'"})) {
    started.push(workflowId);
  }
  await stack.close(started);
});

/** With nothing but Temporal's address. */
async function waybill(...args: readonly string[]) {
  const env = {...process.env, TEMPORAL_ADDRESS: stack.address, WAYBILL_CONFIG: '/nonexistent'};
  return await commandLine(args, {cwd: stack.directory, env});
}

async function names(location: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const {name} of stack.client.places.list(location)) found.push(name);
  return found;
}

describe.each(['disk', 'far'])('at %s', (at) => {
  const place = (path: string) => `${at}:${files}/${at}/${path}`;
  const real = (path: string) => join(files, at, path);

  beforeAll(async () => {
    await mkdir(real('sub/deep'), {recursive: true});
    await writeFile(real('a.txt'), 'hello\n');
    await chmod(real('a.txt'), 0o640);
    await utimes(real('a.txt'), 1_600_000_000, 1_600_000_000);
    await writeFile(real('esc\u001b[31m\nname'), '');
    await symlink('a.txt', real('link'));
    await writeFile(real('sub/deep/.hidden'), 'x');
  });

  it('lists and describes, names as data', async () => {
    const listed = await waybill('ls', '-l', place(''));
    expect(listed).toMatchObject({status: 0, stderr: ''});
    expect(listed.stdout.split('\n')).toEqual([
      '-rw-r-----        6 B  2020-09-13 12:26:40Z  a.txt',
      expect.stringMatching(/^-rw-r--r--        0 B  .{20}  esc\\x1b\[31m\\nname$/),
      expect.stringMatching(/^lrwxrwxrwx {13}.{20}  link -> a\.txt$/),
      expect.stringMatching(/^drwxr-xr-x {13}.{20}  sub$/),
      '',
    ]);
    const json = await waybill('ls', '--json', '-r', place(''));
    expect(
      json.stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as {name: string}).name),
    ).toEqual([...['a.txt', 'esc\u001b[31m\nname', 'link', 'sub', 'sub/deep', 'sub/deep/.hidden']]);
    expect(await stack.client.places.stat(place('a.txt'))).toEqual({
      ...{kind: 'file', size: 6, mode: 0o640, modifiedAt: '2020-09-13T12:26:40.000Z'},
    });
    expect(await names(place('a.txt'))).toEqual(['a.txt']);
    expect(await waybill('stat', place('nothing'))).toMatchObject({status: 1, stdout: ''});
  });

  it('lists in pages, each name once', async () => {
    const expected = Array.from({length: 5_100}, (_, index) => `file-${String(index).padStart(5, '0')}`);
    await mkdir(real('many'));
    for (let from = 0; from < expected.length; from += 100) {
      await Promise.all(expected.slice(from, from + 100).map((name) => writeFile(real(`many/${name}`), '')));
    }
    expect(await names(place('many'))).toEqual(expected);
  });

  it('prints and hashes the bytes of a file', async () => {
    const content = randomBytes(2_500_000);
    await writeFile(real('large'), content);
    expect((await waybill('cat', place('large'))).bytes.equals(content)).toBe(true);
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(await waybill('sha256', place('large'))).toMatchObject({stdout: `${sha256}  ${place('large')}\n`});
    expect(await stack.client.places.sha256(place('large'))).toEqual({
      ...{sha256, size: content.length, hashed: 'in-place'},
    });
    await writeFile(real('huge'), Buffer.alloc(16_777_217));
    await expect(stack.client.places.read(place('huge'))[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      ...{code: 'source.too-large', remedy: 'Fetch it with `waybill copy`.'},
    });
    await expect(stack.client.places.sha256(place('sub'))).rejects.toMatchObject({code: 'source.special-file'});
  });

  it('makes, renames, sets modes and removes, and refuses what would lose something', async () => {
    const {places} = stack.client;
    await expect(places.makeDirectory(place('new/in'))).rejects.toMatchObject({code: 'store.not-found'});
    expect(await waybill('mkdir', '-p', '--mode', '770', place('new/in'))).toMatchObject({status: 0, stdout: ''});
    expect((await stat(real('new/in'))).mode & 0o7777).toBe(0o770);
    await expect(places.makeDirectory(place('new/in'))).rejects.toMatchObject({code: 'store.already-exists'});

    await writeFile(real('new/one'), 'one');
    await writeFile(real('new/two'), 'two');
    const kept = await waybill('mv', place('new/one'), place('new/two'));
    expect(kept).toMatchObject({status: 125, stdout: ''});
    expect(kept.stderr).toContain('--overwrite');
    expect(await readFile(real('new/two'), 'utf8')).toBe('two');
    await places.rename(place('new/one'), place('new/two'), {overwrite: true});
    expect(await readFile(real('new/two'), 'utf8')).toBe('one');
    await places.rename(place('new/two'), place('new/in/'));
    expect(await readdir(real('new/in'))).toEqual(['two']);
    await expect(places.rename(place('new'), place('new/in/'))).rejects.toMatchObject({code: 'transfer.same-place'});

    await places.chmod(place('new/in/two'), 0o600);
    expect((await stat(real('new/in/two'))).mode & 0o7777).toBe(0o600);
    await expect(places.chmod(place('link'), 0o600)).rejects.toMatchObject({code: 'store.unsupported'});

    await expect(places.remove(place('new'))).rejects.toMatchObject({code: 'store.is-a-directory'});
    await places.remove(place('link'));
    expect(await waybill('rm', '-r', '--json', place('new'))).toMatchObject({
      ...{status: 0, stdout: `${JSON.stringify({event: 'removed', location: place('new')})}\n`},
    });
    await expect(places.remove(place('new'))).rejects.toMatchObject({code: 'store.not-found'});
    await expect(places.remove(`${at}:${files}`, {recursive: true})).rejects.toMatchObject({code: 'name.outside-root'});
    expect(await readdir(real(''))).toContain('a.txt');
  });
});

describe('whoever asks', () => {
  it.each(['/etc/passwd', '/../etc/passwd', '/files/../../../etc/passwd'])('reads nothing at %s', async (path) => {
    await expect(stack.client.places.stat(`far:${stack.directory}${path}`)).rejects.toMatchObject({
      code: 'target.not-allowed',
    });
  });

  it('is not led out of the root by a link', async () => {
    await symlink('/etc', join(files, 'out'));
    for (const at of ['disk', 'far']) {
      await expect(names(`${at}:${files}/out/`)).resolves.toEqual(['out']);
      await expect(stack.client.places.sha256(`${at}:${files}/out/passwd`)).rejects.toMatchObject({
        code: 'name.outside-root',
      });
      await expect(stack.client.places.remove(`${at}:${files}/out/passwd`)).rejects.toMatchObject({
        code: 'name.outside-root',
      });
    }
  });

  it('is told what a rename cannot do, and what is no question', async () => {
    const elsewhere = stack.client.places.rename(`far:${files}/disk/a.txt`, `far:${stack.directory}/more/a.txt`);
    await expect(elsewhere).rejects.toMatchObject({code: 'store.unsupported'});
    await expect(stack.client.places.chmod(`far:${files}/disk/a.txt`, 0o4755)).rejects.toMatchObject({
      code: 'input.invalid',
    });
    expect(await waybill('ls', './here')).toMatchObject({status: 125});
  });

  it('compares both sides through Temporal', async () => {
    await stack.client.places.makeDirectory(`disk:${files}/left`);
    await stack.client.places.makeDirectory(`disk:${files}/right`);
    await writeFile(join(files, 'left/same'), 'same');
    await writeFile(join(files, 'right/same'), 'same');
    expect(await waybill('check', `disk:${files}/left/`, `far:${files}/right`)).toMatchObject({
      ...{status: 0, stdout: '', stderr: '1 the same, 0 missing, 0 different, 0 not compared\n'},
    });
    await writeFile(join(files, 'left/other'), 'other');
    await writeFile(join(files, 'right/other'), 'OTHER');
    await writeFile(join(files, 'left/missing'), '');
    const checked = await waybill('check', `disk:${files}/left/`, `far:${files}/right`);
    expect(checked.status).toBe(1);
    expect(checked.stdout).toMatch(/^missing {2}missing\ndiffers {2}other: SHA-256 .*\n$/);
  });
});
