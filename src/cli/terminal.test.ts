import {spawn} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {build} from 'esbuild';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';

let home = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'waybill-terminal-'));
  await build({
    entryPoints: [join(import.meta.dirname, '../../test/cli/terminal-scene.ts')],
    outfile: join(home, 'scene.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['*/client/client.js'],
    logLevel: 'error',
  });
});
afterAll(async () => {
  await rm(home, {recursive: true});
});

interface Terminal {
  /** Waits until the terminal has shown `text` after what was waited for before. */
  shows(text: string): Promise<void>;
  type(keys: string): void;
  readonly ended: Promise<{readonly status: number | null; readonly output: string}>;
}

/** util-linux's `script` makes a real terminal; what is typed goes through its line discipline. */
function terminal(command: string, environment: NodeJS.ProcessEnv = {}): Terminal {
  const line = `stty cols 60 rows 24; exec ${process.execPath} ${join(home, 'scene.cjs')} ${command}`;
  const child = spawn('script', ['-qefc', line, '/dev/null'], {
    env: {
      PATH: process.env['PATH'],
      SHELL: '/bin/sh',
      XDG_STATE_HOME: home,
      LANG: 'C.UTF-8',
      TERM: 'xterm',
      ...environment,
    },
  });
  let output = '';
  let read = 0;
  const waiting = new Set<() => void>();
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
    for (const check of waiting) check();
  });
  return {
    shows: (text) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`"${text}" was not shown, but ${JSON.stringify(output)}`)),
          20_000,
        );
        const check = () => {
          const at = output.indexOf(text, read);
          if (at < 0) return;
          read = at + text.length;
          clearTimeout(timer);
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    type: (keys) => void child.stdin.write(keys),
    ended: new Promise((resolve) => child.on('close', (status) => resolve({status, output}))),
  };
}

const CTRL_C = '\u0003';

describe('Ctrl-C on a terminal', () => {
  it.each([
    ['d', 122, 'Detached: the run goes on. Follow it with: waybill wait x-'],
    ['c', 130, 'The run was cancelled'],
    [CTRL_C, 122, 'Detached'],
  ])('asks once, and does what %j says', async (key, status, text) => {
    const screen = terminal('steady run x');
    await screen.shows('Run x-');
    screen.type(CTRL_C);
    await screen.shows('Ctrl-C again detaches.');
    screen.type(key);
    await screen.shows(text);
    expect((await screen.ended).status).toBe(status);
  });

  it('goes on after any other key, and asks again the next time', async () => {
    const screen = terminal('steady run x');
    await screen.shows('Run x-');
    for (const key of ['x', '\n']) {
      screen.type(CTRL_C);
      await screen.shows('Ctrl-C again detaches.');
      screen.type(key);
      await screen.shows('Going on.');
    }
    screen.type(CTRL_C);
    await screen.shows('Ctrl-C again detaches.');
    screen.type('d');
    expect((await screen.ended).status).toBe(122);
  });

  it('ends with the run where it ends while the question is open', async () => {
    const screen = terminal('ending run x');
    await screen.shows('Run x-');
    screen.type(CTRL_C);
    await screen.shows('Ctrl-C again detaches.');
    const {status} = await screen.ended;
    expect(status).toBe(0);
  });

  it('lets go also while nobody answers that the run is cancelled', async () => {
    const screen = terminal('unanswered run x');
    await screen.shows('Run x-');
    for (const [key, answer] of [
      ['c', 'Cancelling: '],
      ['d', 'Detached: the run goes on.'],
    ] as const) {
      screen.type(CTRL_C);
      await screen.shows('Ctrl-C again detaches.');
      screen.type(key);
      await screen.shows(answer);
    }
    expect((await screen.ended).status).toBe(122);
  });

  it('stops the sending of inputs, and says how to go on', async () => {
    const screen = terminal('sending run x');
    await screen.shows('Sending');
    screen.type(CTRL_C);
    await screen.shows('inputs are still being sent');
    screen.type(CTRL_C);
    await screen.shows('go on with: waybill wait x-');
    expect((await screen.ended).status).toBe(122);
  });

  it('cancels what is still being sent', async () => {
    const screen = terminal('sending run x');
    await screen.shows('Sending');
    screen.type(CTRL_C);
    await screen.shows('inputs are still being sent');
    screen.type('c');
    await screen.shows('Cancelled before the command was started.');
    expect((await screen.ended).status).toBe(130);
  });
});

describe('bars on a terminal', () => {
  it.each([
    ['staging run x', 'Staging', 'Detached: the run goes on.'],
    ['copying wait copy-x', 'Copying', 'Detached: the copy goes on.'],
    ['downloading run x', 'Downloading', 'Interrupted: the run has ended'],
  ])('leave nothing behind when %s is interrupted', async (command, bar, said) => {
    const screen = terminal(command);
    for (const [key, answer] of [
      ['x', 'Going on.'],
      ['d', said],
    ] as const) {
      await screen.shows(bar);
      screen.type(CTRL_C);
      await screen.shows('Ctrl-C again detaches.');
      await delay(100);
      screen.type(key);
      await screen.shows(answer);
    }
    const {output, status} = await screen.ended;
    expect(status).toBe(122);
    const shown = drawn(output).filter((line) => line !== '' && !line.startsWith('Run x-'));
    expect(shown.map((line) => line.split(/[:.] /)[0])).toEqual([
      'Ctrl-C',
      'Going on.',
      'Ctrl-C',
      said.split(/[:.] /)[0],
    ]);
  });

  it("never mix with the command's output", async () => {
    const {output, status} = await terminal('mixed run x').ended;
    expect(status).toBe(0);
    expect(output).toMatch(/Collecting \[█+░+\]/);
    const shown = drawn(output).filter((line) => !line.startsWith('Run x-'));
    expect(shown).toEqual([...Array.from({length: 10}, (_, line) => `line ${line}`), 'Collected 21 files, 21 MB', '']);
  });

  it('are not drawn with TERM=dumb, nor anything coloured', async () => {
    const {output} = await terminal('mixed run x', {TERM: 'dumb'}).ended;
    expect(output).not.toContain('\u001b');
    expect(output).toContain('Collected 21 files');
  });

  it('have no colours with NO_COLOR', async () => {
    const {output} = await terminal('mixed run x', {NO_COLOR: '1'}).ended;
    expect(output).toContain('Collecting [');
    expect(output).not.toMatch(/\u001b\[\d+(;\d+)*m/);
  });
});

/** The screen after `output`, by the few sequences that are used here; an unknown one is an error. */
function drawn(output: string): string[] {
  const screen = [''];
  let [row, column] = [0, 0];
  // biome-ignore format: one sequence a line
  const token = /\u001b\[(\?2026[hl]|\?25[hl]|\d*(?:;\d+)*[A-Za-z])|\r|\n|[^\u001b\r\n]+|\u001b/g;
  for (const [text, sequence] of output.matchAll(token)) {
    if (text === '\r') column = 0;
    else if (text === '\n') {
      row += 1;
      screen[row] ??= '';
    } else if (sequence === undefined) {
      if (text === '\u001b') throw new Error('a sequence that is not known');
      const line = (screen[row] ?? '').padEnd(column);
      screen[row] = line.slice(0, column) + text + line.slice(column + text.length);
      column += text.length;
    } else if (sequence.endsWith('A')) row = Math.max(0, row - Number(sequence.slice(0, -1) || '1'));
    else if (sequence.endsWith('B')) row += Number(sequence.slice(0, -1) || '1');
    else if (sequence === 'G') column = 0;
    else if (sequence === '2K') screen[row] = '';
    else if (sequence === 'K') screen[row] = (screen[row] ?? '').slice(0, column);
    else if (!/m$|^\?/.test(sequence)) throw new Error(`sequence ${sequence} is not known`);
  }
  return screen.map((line) => line.trimEnd());
}
