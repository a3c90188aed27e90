import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {freePort} from '../servers/ports.js';
import {removePostgres} from '../../src/embedded/postgres.js';

let directory: string;
let state: string;
const running: ChildProcess[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-dev-'));
  state = join(directory, 'state');
});
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await removePostgres(state);
  await rm(directory, {recursive: true});
});

/** The shipped command in a process group of its own, which Ctrl-C reaches as a whole. */
async function dev() {
  const [port, ui] = [await freePort(), await freePort()];
  const program = join(process.cwd(), 'bin/waybill.cjs');
  const child = spawn(process.execPath, [program, 'dev', '--port', `${port}`, '--ui-port', `${ui}`], {
    cwd: directory,
    env: {...process.env, TEMPORAL_ADDRESS: '', WAYBILL_STATE_DIRECTORY: state, WAYBILL_CONFIG: '', NO_COLOR: '1'},
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  running.push(child);
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    says: (text: string) => expect.poll(() => said).toContain(text),
    interrupt: async () => {
      process.kill(-(child.pid ?? 0), 'SIGINT');
      return {status: await ended, said};
    },
  };
}

it('ends without a complaint when it is interrupted while it starts, and starts after that', async () => {
  const first = await dev();
  await first.says('temporal runs');
  // The database is being made, by a child that Ctrl-C reaches too.
  const {status, said} = await first.interrupt();
  expect(said).toContain('Ended before everything was up. Its state is kept.');
  expect(said).not.toMatch(/[✗]|^ +at /m);
  expect(status).toBe(0);

  const second = await dev();
  await second.says('Ready.');
  await writeFile(join(directory, 'waybill.yaml'), 'targets: {other: {kind: local}}\n');
  await second.says('waybill.yaml was changed: Ctrl-C and `waybill dev` again make the worker read it.');
  const end = await second.interrupt();
  expect(end.said).toContain('Ended. Its state is kept.');
  expect(end.status).toBe(0);
});
