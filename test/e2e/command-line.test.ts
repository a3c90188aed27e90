import {execFile} from 'node:child_process';
import {appendFile, mkdir, mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {writeText} from './corpus.js';
import {startTestStack, type TestStack} from './stack.js';

let stack: TestStack;
let here: string;
const started: string[] = [];
beforeAll(async () => {
  stack = await startTestStack();
  here = await mkdtemp(join(tmpdir(), 'waybill-cli-here-'));
});
afterAll(async () => {
  await stack.close(started);
  await rm(here, {recursive: true, force: true});
});

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The shipped program, as a person types it. */
async function waybill(directory: string, ...args: readonly string[]): Promise<Ran> {
  const {temporal} = await stack.record();
  const environment = {
    ...process.env,
    TEMPORAL_ADDRESS: temporal?.address,
    XDG_STATE_HOME: join(here, 'state'),
    NO_COLOR: '1',
  };
  const program = join(import.meta.dirname, '../../bin/waybill.cjs');
  const ran = await new Promise<Ran>((resolve) => {
    execFile(process.execPath, [program, ...args], {cwd: directory, env: environment}, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({status, stdout, stderr});
    });
  });
  const [, id] = /^Run (\S+) on/m.exec(ran.stderr) ?? [];
  if (id !== undefined) started.push(id);
  return ran;
}

async function directory(name: string): Promise<string> {
  const path = join(here, name);
  await mkdir(path, {recursive: true});
  return path;
}

describe.each(['local', 'gpu'])('waybill run on %s', (target) => {
  it('sends the script and its files, streams its output and brings the results into the directory', async () => {
    const cwd = await directory(`script-${target}`);
    await writeText(
      join(cwd, 'count.sh'),
      'wc -l < "$1"; mkdir -p results; sort "$1" > results/sorted.txt; echo warning >&2\n',
    );
    await writeText(join(cwd, 'data/my words.txt'), 'b\na\n');
    const ran = await waybill(cwd, 'run', '--target', target, 'count.sh', 'data/my words.txt');
    expect(ran).toMatchObject({status: 0});
    expect(ran.stdout.trim()).toBe('2');
    expect(ran.stderr).toContain('warning');
    expect(ran.stderr).toContain('✓ Downloaded 1 file: results/sorted.txt (4 B)');
    expect(await readFile(join(cwd, 'results/sorted.txt'), 'utf8')).toBe('a\nb\n');
  });

  it("ends with the command's own status", async () => {
    expect(await waybill(await directory('status'), 'run', '--target', target, 'sh', '-c', 'exit 42')).toMatchObject({
      status: 42,
    });
  });

  it('leaves the outputs in the store when told to, for a later download', async () => {
    const cwd = await directory(`remote-${target}`);
    const ran = await waybill(
      cwd,
      'run',
      '--target',
      target,
      '--remote-only',
      'sh',
      '-c',
      'echo x > x.txt; echo y > y.txt',
    );
    expect(ran.status).toBe(0);
    const id = started.at(-1) ?? '';
    expect(ran.stderr).toContain(`Download with: waybill download ${id}`);
    const outputs = await waybill(cwd, 'outputs', id);
    expect(outputs.stdout).toContain('x.txt');
    const downloaded = await waybill(cwd, 'download', id, 'y*', '--out', join(cwd, 'got'));
    expect(downloaded.status).toBe(0);
    expect(await readFile(join(cwd, 'got/y.txt'), 'utf8')).toBe('y\n');
    await expect(readFile(join(cwd, 'got/x.txt'))).rejects.toMatchObject({code: 'ENOENT'});
  });

  it('detaches, and is taken up by wait to the exit status and the download', async () => {
    const cwd = await directory(`detached-${target}`);
    const ran = await waybill(
      cwd,
      'run',
      '--target',
      target,
      '--detach',
      'sh',
      '-c',
      'sleep 1; echo late; echo done > done.txt; exit 5',
    );
    expect(ran.status).toBe(0);
    const id = ran.stdout.trim();
    started.push(id);
    const waited = await waybill(cwd, 'wait', id);
    expect(waited).toMatchObject({status: 5});
    expect(await readFile(join(cwd, 'done.txt'), 'utf8')).toBe('done\n');
    expect((await waybill(cwd, 'logs', id)).stdout).toBe('late\n');
  });
});

describe('what cannot be passed on as it is', () => {
  const program = join(import.meta.dirname, '../../bin/waybill.cjs');
  const shell = (cwd: string, script: string) =>
    new Promise<string>((resolve) => {
      execFile('sh', ['-c', script, program, process.execPath], {cwd}, (error, stdout, stderr) =>
        resolve(`${error?.code ?? 0} ${stdout}${stderr}`),
      );
    });

  it.runIf(process.platform === 'linux')('an argument that is not UTF-8 is refused by its bytes', async () => {
    const said = await shell(await directory('bytes'), String.raw`exec "$1" "$0" run cat "$(printf 'caf\351.txt')"`);
    expect(said).toMatch(/^125 [^]*caf\\xe9\.txt[^]*name\.not-carried/);
  });

  it('a directory that was removed meanwhile is named, where it is needed', async () => {
    const cwd = await directory('removed');
    const said = await shell(cwd, 'rmdir "$PWD" && exec "$1" "$0" run true');
    expect(said).toMatch(/^125 [^]*The current directory is not there any more[^]*Change to a directory/);
  });
});

describe('what a person asks for meanwhile', () => {
  it('lists, shows, and fails by name for what is not known', async () => {
    const cwd = await directory('asks');
    expect((await waybill(cwd, 'list')).stdout).toContain('succeeded');
    const unknown = await waybill(cwd, 'status', 'no-such-run');
    expect(unknown.status).not.toBe(0);
    expect(unknown.stderr).toContain('no-such-run');
  });

  it('is told to restart the worker where the configuration was changed since', async () => {
    const cwd = await directory('changed');
    const file = join(stack.directory, 'waybill.yaml');
    expect((await waybill(cwd, 'ls', 'new:/x')).stderr).toContain('after a change start it again');
    await appendFile(file, '# changed\n');
    for (const place of ['new:/x', 'local:/x']) {
      const {status, stderr} = await waybill(cwd, 'ls', place);
      expect(status).toBe(125);
      expect(stderr).toContain(`${file} was changed since the worker read it: start the worker again`);
    }
    expect((await waybill(cwd, 'run', '--target', 'new', 'true')).stderr).toContain('start the worker again');
  });
});
