import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {SshShell} from '../../src/ssh/exec.js';
import {SshPool} from '../../src/ssh/pool.js';
import {quote} from '../../src/ssh/quote.js';
import {endpointOf} from '../servers/sshd-endpoint.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import type {LoginShell} from '../servers/users.js';

const shells: readonly LoginShell[] = ['bash', 'dash', 'fish', 'csh'];
/** Start-up files that print, as people's do; each shell reads its own. */
const noise: Readonly<Record<LoginShell, string | undefined>> = {
  bash: '.bashrc',
  dash: undefined,
  fish: '.config/fish/config.fish',
  csh: '.cshrc',
};

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd({shells});
});
afterAll(() => sshd.close());

describe.each(shells)('login shell %s', (login) => {
  let pool: SshPool;
  let shell: SshShell;
  beforeAll(() => {
    pool = new SshPool(endpointOf(sshd, {user: sshd.users.get(login) ?? ''}));
    shell = new SshShell(pool);
  });
  afterAll(() => pool.close());

  test('the script is run by /bin/sh, whatever is in it', async () => {
    const awkward = 'it\'s a \\ "test" $HOME `id`\n!! ; & | ünï\t#~';
    const result = await shell.run(`x=${quote(awkward)}\nprintf '%s' "$x"\necho oops >&2\nexit 7`);
    expect(result.status).toBe(7);
    expect(Buffer.from(result.stdout).toString()).toBe(awkward);
    expect(Buffer.from(result.stderr).toString()).toBe('oops\n');
  });

  test('what start-up files print is not taken for output', async () => {
    const file = noise[login];
    if (file === undefined) return;
    await shell.run(`mkdir -p "$(dirname ~/${file})"; echo 'echo WELCOME' > ~/${file}`);
    const result = await shell.run('echo output');
    expect(Buffer.from(result.stdout).toString()).toBe('output\n');
    expect(Buffer.from(result.stderr).toString()).toBe('');
  });
});

describe('a script', () => {
  let pool: SshPool;
  let shell: SshShell;
  beforeAll(() => {
    pool = new SshPool(endpointOf(sshd));
    shell = new SshShell(pool);
  });
  afterAll(() => pool.close());

  test('that a signal ends has status 128 and the number', async () => {
    expect((await shell.run('kill -9 $$')).status).toBe(137);
    expect((await shell.run('kill -TERM $$')).status).toBe(143);
  });

  test('never shows in the list of processes', async () => {
    const secret = 'hunter2-in-the-script';
    const running = shell.run(`: ${secret}\nsleep 1`);
    await sleep(500);
    const {stdout} = await shell.run('ps -eo args');
    expect(Buffer.from(stdout).toString()).not.toContain(secret);
    await running;
  });

  test('that prints more than is kept is awaited all the same, and streamed whole', async () => {
    let streamed = 0;
    const result = await shell.run('head -c 5000000 /dev/zero; exit 4', {
      maxOutputBytes: 1000,
      onStdout: (chunk) => {
        streamed += chunk.length;
      },
    });
    expect(result).toMatchObject({status: 4});
    expect(result.stdout.length).toBe(1000);
    expect(streamed).toBe(5_000_000);
  });

  test('of a megabyte arrives whole', async () => {
    const line = `echo ${'x'.repeat(60)} >/dev/null\n`;
    const result = await shell.run(`${line.repeat(15_000)}echo end`);
    expect(Buffer.from(result.stdout).toString()).toBe('end\n');
  });

  test("is left when the caller aborts, with the caller's reason", async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const running = shell.run('echo begun; sleep 30', {
      signal: controller.signal,
      onStdout: () => controller.abort(reason),
    });
    await expect(running).rejects.toBe(reason);
    await expect(shell.run('true', {signal: AbortSignal.abort(reason)})).rejects.toBe(reason);
    expect((await shell.run('true')).status).toBe(0);
  });

  test('whose connection is killed has no outcome', async () => {
    const running = shell.run('echo begun; sleep 30', {onStdout: () => void sshd.killSessions()});
    await expect(running).rejects.toMatchObject({code: 'ssh.connection-lost', retryable: true});
    expect((await shell.run('exit 3')).status).toBe(3);
  });

  test('leaves no trace of its text in the log of the server', async () => {
    await shell.run('echo not-in-the-log');
    expect(await sshd.log()).not.toContain('not-in-the-log');
  });
});
