import {randomBytes} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {cancelExecution, cleanUpWorkspace, prepareWorkspace} from '../../src/execution/end.js';
import {launch} from '../../src/execution/launch.js';
import {decideOutputs} from '../../src/execution/outputs.js';
import {cookieOf, type Workspace} from '../../src/execution/workspace.js';
import {SshShell} from '../../src/ssh/exec.js';
import {SshPool} from '../../src/ssh/pool.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import {endpointOf} from '../servers/sshd-endpoint.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {until} from '../until.js';
import type {LoginShell} from '../servers/users.js';
import {processesWith} from './processes.js';

const shells: readonly LoginShell[] = ['bash', 'dash', 'fish', 'csh'];
/** Below the login home. */
const ROOT = '.waybill/workspaces';

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd({shells});
});
afterAll(() => sshd.close());

function newWorkspace(): Workspace {
  return {root: ROOT, executionId: `t-${randomBytes(6).toString('hex')}`, generation: 1};
}

describe.each(shells)('an SSH target whose user has %s', (login) => {
  let pool: SshPool;
  let shell: SshShell;
  beforeAll(() => {
    pool = new SshPool(endpointOf(sshd, {user: sshd.users.get(login) ?? ''}));
    shell = new SshShell(pool);
  });
  afterAll(() => pool.close());

  test('runs, lists outputs and is clean afterwards, with directories closed to their owner', async () => {
    const workspace = newWorkspace();
    await prepareWorkspace(shell, workspace);
    const script = 'echo "$1" >"$1"; mkdir -p .closed/deep; echo x >.closed/deep/x; chmod 0 .closed/deep; exit 9';
    const command = ['sh', '-c', script, 'sh', "it's $HOME"];
    const end = await launch(shell, workspace, {command, secrets: {TOKEN: 'x'}, maxConcurrent: 2});
    expect(end.end).toEqual({outcome: 'exited', status: 9});
    const store = openSshStore({name: 'target', pool, root: ROOT});
    const found = await decideOutputs(shell, store, workspace, {staged: new Map(), outputs: [], required: []});
    expect(found.entries.map(({name}) => name)).toEqual(["it's $HOME"]);
    expect(found.refused.map(({name, refused}) => [name, refused.code])).toEqual([
      ['.closed/deep', 'store.permission-denied'],
    ]);
    await store.close();
    await cleanUpWorkspace(shell, workspace);
    const left = await shell.run(`ls -A ~/${ROOT}/${workspace.executionId} ~/${ROOT}/.trash`);
    expect(Buffer.from(left.stdout).toString()).not.toMatch(/old-|new-/);
    expect(Buffer.from(left.stdout).toString()).toContain('g1\n');
  });

  test('runs on while sessions are killed, and is found again', async () => {
    const workspace = newWorkspace();
    const options = {command: ['sh', '-c', 'echo started >>../starts; sleep 4; echo done']};
    const running = launch(shell, workspace, options);
    running.catch(() => undefined);
    const starts = `~/${ROOT}/${workspace.executionId}/g1/starts`;
    await until('it has started', async () => (await shell.run(`test -s ${starts}`)).status === 0);
    await sshd.killSessions();
    await expect(running).rejects.toMatchObject({retryable: true});
    const end = await launch(shell, workspace, options);
    expect(end.end).toEqual({outcome: 'exited', status: 0});
    expect(Buffer.from(end.output?.stdout ?? []).toString()).toBe('done\n');
    expect(Buffer.from((await shell.run(`cat ${starts}`)).stdout).toString()).toBe('started\n');
    await cleanUpWorkspace(shell, workspace);
  });

  test('ends everything on request', async () => {
    const workspace = newWorkspace();
    const running = launch(shell, workspace, {command: ['sh', '-c', "trap '' TERM; setsid sleep 600 & sleep 600"]});
    await sleep(700);
    await cancelExecution(shell, workspace, {graceMs: 200});
    expect((await running).end).toEqual({outcome: 'cancelled'});
    expect(await processesWith(cookieOf(workspace))).toEqual([]);
    await cleanUpWorkspace(shell, workspace);
  });
});
