import {mkdir, mkdtemp, readFile, rm, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Client, Connection} from '@temporalio/client';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {WaybillClient} from '../../src/client/client.js';
import {processesOf} from '../execution/processes.js';
import {digests, makeInputs, sha256, writeText} from './corpus.js';
import {leftovers, startTestStack, type TestStack} from './stack.js';

let stack: TestStack;
let here: string;
const started: string[] = [];
beforeAll(async () => {
  stack = await startTestStack({environment: {E2E_SECRET: 'hunter2-e2e'}});
  here = await mkdtemp(join(tmpdir(), 'waybill-e2e-here-'));
});
afterAll(async () => {
  await stack.close(started);
  await rm(here, {recursive: true, force: true});
});

function id(name: string): string {
  const made = `${name}-${started.length}`;
  started.push(made);
  return made;
}

async function logOf(executionId: string, stream: 'stdout' | 'stderr'): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const {data} of stack.client.execution(executionId).logs({streams: [stream]})) chunks.push(data);
  return Buffer.concat(chunks).toString();
}

describe.each(['local', 'gpu'])('an execution on %s', (target) => {
  it('stages inputs, runs the command, collects outputs and leaves nothing behind', async () => {
    const inputs = await makeInputs(join(here, `${target}-in`), {
      'a.bin': 20_000_000,
      'data/b.bin': 3000,
      'data/empty': 0,
    });
    const script =
      'sha256sum a.bin data/b.bin data/empty; echo oops >&2; mkdir out; cp a.bin out/copy.bin; ln -s out/copy.bin link; echo changed > data/b.bin';
    const handle = await stack.client.start({id: id(`whole-${target}`), target, command: ['sh', '-c', script], inputs});
    const result = await handle.result();
    expect(result).toMatchObject({outcome: 'succeeded', starts: 1, command: {outcome: 'exited', status: 0}});
    expect(result.staged).toMatchObject({files: 3, bytes: 20_003_000, failedFiles: 0});
    const log = await logOf(handle.id, 'stdout');
    for (const {name, path} of inputs) expect(log).toContain(`${await sha256(path)}  ${name}`);
    expect(await logOf(handle.id, 'stderr')).toBe('oops\n');
    const into = join(here, `${target}-out`);
    const files = await handle.download({into});
    expect(files.map((file) => [file.name, file.outcome]).sort()).toEqual([
      ['data/b.bin', 'downloaded'],
      ['link', 'downloaded'],
      ['out/copy.bin', 'downloaded'],
    ]);
    expect(await digests(into)).toMatchObject({'out/copy.bin': await sha256(join(here, `${target}-in/a.bin`))});
    expect(await readFile(join(into, 'data/b.bin'), 'utf8')).toBe('changed\n');
    expect(await leftovers(stack, handle.id)).toEqual([]);
  });

  it('carries empty directories there and back, and mistakes none of its inputs for an output', async () => {
    const source = join(here, `${target}-empty`);
    await mkdir(source, {mode: 0o750, recursive: true});
    const handle = await stack.client.start({
      id: id(`empty-${target}`),
      target,
      command: ['sh', '-c', 'ls -ld in/empty && mkdir -p out/none'],
      inputs: [{path: source, name: 'in/empty', directory: true}],
    });
    expect(await handle.result()).toMatchObject({outcome: 'succeeded', collected: {files: 0, directories: 1}});
    expect(await logOf(handle.id, 'stdout')).toMatch(/^drwxr-x---/);
    const into = join(here, `${target}-empty-out`);
    expect(await handle.download({into})).toMatchObject([{outcome: 'downloaded', type: 'directory', name: 'out/none'}]);
    expect((await stat(join(into, 'out/none'))).isDirectory()).toBe(true);
  });

  it('fails where the command fails, and keeps what it wrote', async () => {
    const handle = await stack.client.start({
      id: id(`fails-${target}`),
      target,
      command: ['sh', '-c', 'echo part > part.txt; exit 7'],
    });
    const result = await handle.result();
    expect(result).toMatchObject({
      outcome: 'failed',
      command: {outcome: 'exited', status: 7},
      failure: {code: 'execution.command-failed'},
    });
    expect(result.collected.files).toBe(1);
  });

  it('follows the output into the run that replaces a lost one', async () => {
    const handle = await stack.client.start({
      id: id(`rerun-${target}`),
      target,
      onLost: 'rerun',
      command: ['sh', '-c', 'echo "$PWD $$"; case $PWD in */g1/*) exec sleep 60;; esac'],
    });
    const started = join(stack.workspaceRoot(target), handle.id, 'g1/control/started');
    let lines = '';
    for await (const {generation, data} of handle.logs({follow: true, streams: ['stdout']})) {
      const line = Buffer.from(data).toString();
      lines += `${generation} ${line}`;
      if (generation > 1) continue;
      const [, wrapper] = (await readFile(started, 'utf8')).split(' ');
      for (const pid of [wrapper, line.split(' ')[1]]) process.kill(Number(pid), 'SIGKILL');
    }
    expect(lines).toMatch(/^1 \S+\/g1\/work \d+\n2 \S+\/g2\/work \d+\n$/);
    expect(await handle.result()).toMatchObject({outcome: 'succeeded', generation: 2, starts: 2});
    expect(await logOf(handle.id, 'stdout')).toMatch(/\/g2\//);
  });

  it('says that the target has no such command', async () => {
    const handle = await stack.client.start({
      id: id(`no-command-${target}`),
      target,
      command: ['no-such-command-here'],
    });
    expect(await handle.result()).toMatchObject({outcome: 'failed', failure: {code: 'execution.command-not-found'}});
  });

  it('is not green without a required output', async () => {
    const handle = await stack.client.start({
      id: id(`required-${target}`),
      target,
      command: ['true'],
      required: ['*.csv'],
    });
    expect(await handle.result()).toMatchObject({
      outcome: 'failed',
      failure: {code: 'execution.required-output-missing'},
    });
  });

  it('ends everything when it is cancelled', async () => {
    const command = ['sh', '-c', 'sleep 300 & (setsid sleep 301 &) ; sleep 302; wait'];
    const handle = await stack.client.start({id: id(`cancelled-${target}`), target, command});
    for await (const event of handle.progress()) if (event.event === 'run' && event.progress.state === 'running') break;
    await handle.cancel();
    expect(await handle.result()).toMatchObject({outcome: 'cancelled'});
    expect(await processesOf(handle.id)).toEqual([]);
    expect(await leftovers(stack, handle.id)).toEqual([]);
  });

  it('ends a command that takes longer than it may', async () => {
    const handle = await stack.client.start({
      id: id(`timeout-${target}`),
      target,
      command: ['sleep', '300'],
      timeoutMs: 1000,
    });
    expect(await handle.result()).toMatchObject({
      outcome: 'failed',
      command: {outcome: 'timed-out'},
      failure: {code: 'execution.timed-out'},
    });
  });

  it('gives a secret to the command and to nobody else', async () => {
    const handle = await stack.client.start({
      id: id(`secret-${target}`),
      target,
      command: ['sh', '-c', 'test "$E2E_SECRET" = hunter2-e2e'],
      secrets: ['E2E_SECRET'],
    });
    expect(await handle.result()).toMatchObject({outcome: 'succeeded'});
    const refused = stack.client.start({id: id(`forbidden-${target}`), target, command: ['true'], secrets: ['HOME']});
    await expect(refused).rejects.toMatchObject({code: 'secret.not-allowed'});
  });

  it('runs again what has failed, in a fresh workspace', async () => {
    const flag = join(here, `flag-${target}`);
    const handle = await stack.client.start({
      id: id(`retried-${target}`),
      target,
      command: ['sh', '-c', `echo once >> attempts; test -f ${flag}`],
    });
    expect(await handle.result()).toMatchObject({outcome: 'failed', generation: 1});
    await writeText(flag, '');
    await handle.retry();
    expect(await handle.result()).toMatchObject({outcome: 'succeeded', generation: 2});
    const files = await handle.download({into: join(here, `retried-${target}`)});
    expect(files.map(({name}) => name)).toEqual(['attempts']);
    expect(await readFile(join(here, `retried-${target}/attempts`), 'utf8')).toBe('once\n');
  });
});

describe('ids and records', () => {
  it('takes an id once', async () => {
    const used = id('used');
    await (await stack.client.start({id: used, command: ['true']})).result();
    await expect(stack.client.start({id: used, command: ['true']})).rejects.toMatchObject({code: 'execution.id-used'});
  });

  it('keeps the default store to its user', async () => {
    expect((await stat(stack.storeRoot)).mode & 0o777).toBe(0o700);
  });

  it('says within seconds that nobody polls a task queue, and does nothing when somebody does later', async () => {
    const begun = Date.now();
    const taskQueue = 'nobody-polls-this';
    const address = (await stack.record()).temporal?.address ?? '';
    const lonely = {id: id('lonely'), taskQueue, command: ['true']};
    const client = await WaybillClient.connect({address, taskQueue});
    const asked = await Promise.allSettled([
      stack.client.start(lonely),
      client.places.remove('local:/nothing', {recursive: true}),
      client.execution(lonely.id).remove(),
    ]);
    const noWorker: unknown = expect.objectContaining({code: 'client.no-worker'});
    expect(asked).toEqual(asked.map(() => ({status: 'rejected', reason: noWorker})));
    expect(Date.now() - begun).toBeLessThan(15_000);
    const connection = await Connection.connect({address});
    const {workflow} = new Client({connection});
    const found = async () => {
      const ids: string[] = [];
      for await (const {workflowId} of workflow.list({query: `TaskQueue = "${taskQueue}"`})) ids.push(workflowId);
      return ids.sort();
    };
    // What is listed lags behind.
    await expect.poll(found).toHaveLength(asked.length);
    const ids = await found();
    expect(ids.map((each) => each.replace(/^(store).*/, '$1'))).toEqual(
      [`remove:${lonely.id}`, lonely.id, 'store'].sort(),
    );
    for (const each of ids) {
      const {events} = await workflow.getHandle(each).fetchHistory();
      expect(
        events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes),
        each,
      ).toBe(true);
      // Nobody is left to end it.
      await workflow.getHandle(each).terminate('the test is over');
    }
    await client.close();
    await connection.close();
  });

  it('does not wait for an input that is gone: the execution ends with the upload', async () => {
    const executionId = id('input-gone');
    const inputs = [{name: 'gone.bin', path: join(here, 'gone.bin')}];
    const start = stack.client.start({id: executionId, target: 'local', command: ['true'], inputs});
    await expect(start).rejects.toMatchObject({path: join(here, 'gone.bin')});
    expect((await stack.client.execution(executionId).result()).outcome).toBe('cancelled');
  });

  it('waits for a worker that is started again', async () => {
    await stack.killWorker();
    const handle = await stack.client.start({id: id('patient'), command: ['true']});
    expect(await handle.result()).toMatchObject({outcome: 'succeeded'});
  });

  it('refuses an unknown target by name', async () => {
    await expect(stack.client.start({id: id('unknown'), target: 'mars', command: ['true']})).rejects.toMatchObject({
      code: 'target.unknown',
    });
  });

  it('keeps a local file that an output would overwrite', async () => {
    const into = join(here, 'kept');
    await writeText(join(into, 'result.txt'), 'mine');
    const handle = await stack.client.start({id: id('kept'), command: ['sh', '-c', 'echo theirs > result.txt']});
    await handle.result();
    const [file] = await handle.download({into});
    expect(file).toMatchObject({outcome: 'kept-local', savedAs: join(into, `result.txt.${handle.id}`)});
    expect(await readFile(join(into, 'result.txt'), 'utf8')).toBe('mine');
    expect(await readFile(join(into, `result.txt.${handle.id}`), 'utf8')).toBe('theirs\n');
  });

  it('names the targets and checks them', async () => {
    expect((await stack.client.targets()).map(({name}) => name).sort()).toEqual(['gpu', 'local']);
    const checks = await stack.client.checkTarget('gpu');
    expect(checks.filter(({outcome}) => outcome === 'failed')).toEqual([]);
  });
});

/** Processes that carry the execution's id in their environment. */
