import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import type {LogChunk} from '../client/api.js';
import type {ExecutionRecord} from '../contracts/artifacts.js';
import {WaybillError} from '../contracts/errors.js';
import {capture} from '../../test/cli/captured-context.js';
import {main} from './main.js';
import {exited, movement, type Script, ScriptedClient} from '../../test/cli/scripted-client.js';
import {VERSION} from './version.js';

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'waybill-cli-'));
});
afterEach(async () => {
  await rm(home, {recursive: true});
});

async function cli(script: Partial<Script>, ...argv: string[]) {
  const client = new ScriptedClient({result: async () => exited(0), ...script});
  const captured = capture(client, {environment: {XDG_STATE_HOME: home}, cwd: home});
  const status = await main(argv, captured.context);
  return {status, client, stdout: captured.stdout(), stderr: captured.stderr(), connected: captured.connected};
}

async function* chunks(...list: (readonly ['stdout' | 'stderr', string | Uint8Array])[]): AsyncGenerator<LogChunk> {
  let offset = 0;
  for (const [stream, content] of list) {
    const data = Buffer.from(content);
    yield {generation: 1, stream, offset, data};
    offset += data.length;
  }
}

describe('run', () => {
  it('takes every option, one value each, and ends options at the command', async () => {
    const {client, status} = await cli(
      {},
      ...['--namespace', 'outer', 'run', '--target', 'gpu', '--output', '*.csv', '--output', 'b*', '--require', 'r'],
      ...[
        '--env',
        'A=1=2',
        '--env',
        'B=',
        '--secret-env',
        'KEY',
        '--timeout',
        '1h30m',
        '--name',
        'label',
        '--on-lost',
        'rerun',
      ],
      ...['sort', '--output', 'x', '--json', '--', '-k'],
    );
    expect(status).toBe(0);
    expect(client.started).toMatchObject([
      {
        target: 'gpu',
        command: ['sort', '--output', 'x', '--json', '--', '-k'],
        outputs: ['*.csv', 'b*'],
        required: ['r'],
        environment: {A: '1=2', B: ''},
        secrets: ['KEY'],
        timeoutMs: 5_400_000,
        label: 'label',
        onLost: 'rerun',
      },
    ]);
    expect(client.closed).toBe(true);
  });

  it('starts a command that looks like an option after --', async () => {
    const {client} = await cli({}, 'run', '--', '-odd', '--help');
    expect(client.started[0]?.command).toEqual(['-odd', '--help']);
  });

  it('takes the address from either side of the command, the nearer one first', async () => {
    const {connected} = await cli({}, '--address', 'a:1', '--namespace', 'n', 'run', '--address', 'b:2', 'true');
    expect(connected).toEqual([{address: 'b:2', namespace: 'n'}]);
  });

  it.each([
    [['run'], "missing required argument 'command'"],
    [['run', '--env', '1X=2', 'true'], '--env "1X=2" is not NAME=VALUE'],
    [['run', '--timeout', '5', 'true'], '"5" is not a duration'],
    [['run', '--on-lost', 'maybe', 'true'], "argument 'maybe' is invalid"],
    [['run', '--nonsense', 'true'], "unknown option '--nonsense'"],
    [['run'], 'See `waybill help run`.'],
    [['nonsense'], "unknown command 'nonsense' (usage)\n  See `waybill help`."],
  ])('refuses %j', async (argv, message) => {
    const {status, stderr, stdout} = await cli({}, ...argv);
    expect(status).toBe(125);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
  });

  it("keeps the command's streams apart and says everything else on standard error", async () => {
    const {status, stdout, stderr} = await cli(
      {
        result: async () => exited(7),
        chunks: () => chunks(['stdout', 'out'], ['stderr', 'err\n'], ['stdout', '\u001b[1mraw']),
      },
      ...['run', 'x'],
    );
    expect(status).toBe(7);
    expect(stdout).toBe('out\u001b[1mraw');
    expect(stderr).toMatch(/^Run x-\w{8} on local\nerr\n✗ The command exited with 7\n$/);
  });

  it('downloads, and says what came, what was in the way and what failed', async () => {
    const totals = {files: 3, bytes: 1, sentBytes: 1, resumedBytes: 0, failedFiles: 0};
    const {status, stderr, client} = await cli(
      {
        result: async () => exited(0, {collected: totals}),
        files: [
          {outcome: 'downloaded', type: 'file', name: 'a\u001b[2J.csv', path: '/p', size: 1234},
          {outcome: 'kept-local', type: 'file', name: 'b', path: '/b', size: 5, savedAs: 'b.x'},
          {outcome: 'failed', name: 'c', code: 'store.io', message: 'no'},
        ],
      },
      ...['run', '--out', 'here', 'x'],
    );
    expect(status).toBe(120);
    expect(client.downloads[0]?.into).toBe(join(home, 'here'));
    expect(stderr).toContain('✓ Downloaded 2 files: a\\x1b[2J.csv (1.23 kB), b (5 B)\n');
    expect(stderr).toContain('! b exists here with other content: kept; the output is b.x\n');
    expect(stderr).toContain('! c was not downloaded: no (store.io)\n');
  });

  it('shortens long lists', async () => {
    const files = Array.from(
      {length: 1000},
      (_, n) => ({outcome: 'downloaded', type: 'file', name: `f${n}`, path: '/p', size: 1}) as const,
    );
    const collected = {files: 1000, bytes: 1, sentBytes: 1, resumedBytes: 0, failedFiles: 0};
    const {stderr} = await cli({files, result: async () => exited(0, {collected})}, 'run', 'x');
    expect(stderr).toContain('✓ Downloaded 1000 files: f0 (1 B), ');
    expect(stderr).toContain('f9 (1 B) and 990 more\n');
    expect(stderr).not.toContain('f10 ');
  });

  it('leaves outputs remote, and says how to get them', async () => {
    const collected = {files: 1, bytes: 1, sentBytes: 1, resumedBytes: 0, failedFiles: 0};
    const {stderr, client} = await cli({result: async () => exited(0, {collected})}, 'run', '--remote-only', 'x');
    expect(stderr).toMatch(/Outputs stored remotely. Download with: waybill download x-\w{8}\n/);
    expect(client.downloads).toEqual([]);
  });

  it('detaches on request with nothing but the ID on standard output', async () => {
    const {status, stdout, stderr, client} = await cli(
      {result: () => new Promise(() => undefined)},
      'run',
      '--detach',
      'x',
    );
    expect(status).toBe(0);
    expect(stdout).toBe(`${client.started[0]?.id ?? ''}\n`);
    expect(stderr).toContain(`waybill wait ${client.started[0]?.id ?? ''}`);
  });

  it('says where the output of a rerun begins, and mixes it with nothing', async () => {
    async function* rerun(): AsyncGenerator<LogChunk> {
      yield* chunks(['stdout', 'one\n']);
      yield {generation: 2, stream: 'stdout', offset: 0, data: Buffer.from('two\n')};
    }
    for (const argv of [
      ['run', 'x'],
      ['logs', '-f', 'scripted'],
    ]) {
      const {stdout, stderr} = await cli({chunks: () => rerun()}, ...argv);
      expect(stdout).toBe('one\ntwo\n');
      expect(stderr.match(/--- .*lost and is run again.* generation 2 ---/g)).toHaveLength(1);
    }
  });

  it('says nothing of a rerun where it follows one generation alone', async () => {
    const second = chunks(['stdout', 'two\n'], ['stdout', 'more\n']);
    async function* only(): AsyncGenerator<LogChunk> {
      for await (const chunk of second) yield {...chunk, generation: 2};
    }
    expect((await cli({chunks: () => only()}, 'wait', 'scripted')).stderr).not.toContain('lost');
  });

  it.each([
    [[{name: 'empty', type: 'directory'}], 'Downloaded 1 empty directory: empty/'],
    [
      [
        {name: 'a/l', type: 'link'},
        {name: 'e', type: 'directory'},
        {name: 'f', type: 'directory'},
      ],
      'Downloaded 1 file and 2 empty directories: a/l (0 B), e/, f/',
    ],
  ] as const)('fetches outputs that hold no file', async (found, sentence) => {
    const files = found.map((file) => ({...file, outcome: 'downloaded' as const, path: '/p', size: 0}));
    const collected = {files: 0, directories: 1, bytes: 0, sentBytes: 0, resumedBytes: 0, failedFiles: 0};
    const {client, stderr} = await cli({result: async () => exited(0, {collected}), files}, 'run', 'x');
    expect(client.downloads).toHaveLength(1);
    expect(stderr).toContain(sentence);
  });

  it('prints JSON lines alone with --json, output that is no text as base64', async () => {
    const {stdout, stderr} = await cli(
      {chunks: () => chunks(['stdout', 'text\n'], ['stderr', new Uint8Array([0xff, 0])])},
      ...['run', '--json', 'x'],
    );
    const lines: unknown[] = stdout
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(lines).toMatchObject([
      {event: 'started', target: 'local', command: ['x']},
      {event: 'output', generation: 1, stream: 'stdout', offset: 0, text: 'text\n'},
      {event: 'output', stream: 'stderr', offset: 5, base64: '/wA='},
      {event: 'ended', result: {outcome: 'succeeded'}},
    ]);
    expect(stderr).toBe('');
  });

  it('says how to start what does not answer', async () => {
    const client = new ScriptedClient({result: async () => exited(0)});
    const captured = capture(client, {cwd: home, environment: {XDG_STATE_HOME: home}});
    const context = {
      ...captured.context,
      connect: async () => {
        throw new WaybillError('client.unreachable', 'Temporal does not answer at x:1');
      },
    };
    expect(await main(['run', 'true'], context)).toBe(123);
    expect(captured.stderr()).toBe(
      '✗ Temporal does not answer at x:1 (client.unreachable)\n  Start the stack with `waybill dev`, or set TEMPORAL_ADDRESS.\n',
    );
    expect(await main(['list', '--json'], context)).toBe(123);
    expect(JSON.parse(captured.stdout())).toMatchObject({event: 'error', code: 'client.unreachable'});
  });
});

describe('signals without a terminal', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])(
    '%s detaches, and wait takes the run up where it was told to',
    async (signal) => {
      const client = new ScriptedClient({result: () => new Promise(() => undefined)});
      const first = capture(client, {environment: {XDG_STATE_HOME: home}, cwd: home});
      const running = main(['run', '--out', 'results', 'x'], first.context);
      while (!first.stderr().includes('Run x-')) await new Promise(setImmediate);
      first.signals.emit(signal);
      expect(await running).toBe(122);
      const id = client.started[0]?.id ?? '';
      expect(first.stderr()).toContain(`Follow it with: waybill wait ${id}\n`);
      expect(first.signals.listenerCount(signal)).toBe(0);

      const collected = {files: 1, bytes: 1, sentBytes: 1, resumedBytes: 0, failedFiles: 0};
      const waited = await cli({result: async () => exited(4, {collected})}, 'wait', id);
      expect(waited.status).toBe(4);
      expect(waited.client.downloads[0]?.into).toBe(join(home, 'results'));
      expect(await readdir(join(home, 'waybill/cli'))).toEqual([]);
    },
  );
});

describe('failures of a run', () => {
  it('says how to take up a run that nobody could be asked about any more, and nothing else', async () => {
    const away = () => new WaybillError('client.unreachable', 'Temporal did not answer');
    const {status, stderr} = await cli(
      {
        // The progress finds out first.
        events: () => ({[Symbol.asyncIterator]: () => ({next: () => Promise.reject(away())})}),
        result: () => new Promise((_resolve, reject) => setTimeout(reject, 50, away())),
      },
      ...['wait', 'scripted'],
    );
    expect(status).toBe(123);
    expect(stderr).toMatch(
      /^✗ Temporal did not answer \(client\.unreachable\)\n {2}[^\n]*`waybill wait scripted`[^\n]*\n$/,
    );
  });

  it.each([
    [
      exited(127, {
        failure: {code: 'execution.command-not-found', message: 'the target has no such command', stage: 'run'},
      }),
      127,
      '✗ the target has no such command (execution.command-not-found)\n  Check the command name and the PATH on the target.\n',
    ],
    [
      exited(0, {
        outcome: 'lost',
        command: {outcome: 'lost', reason: 'boot'},
        failure: {code: 'execution.lost', message: 'the machine was restarted', stage: 'run'},
      }),
      121,
      '✗ the machine was restarted (execution.lost)\n  The target was restarted or the process was killed from outside: `waybill retry scripted` runs it again.\n',
    ],
    [
      exited(2, {
        failure: {
          code: 'execution.required-output-missing',
          message: 'nothing matches *.csv',
          remedy: 'Look.',
          stage: 'collect',
        },
      }),
      2,
      '✗ The command exited with 2\n✗ nothing matches *.csv (execution.required-output-missing)\n  Look.\n',
    ],
    [
      exited(0, {
        outcome: 'failed',
        failure: {code: 'ssh.host-key-unknown', message: 'shows an unknown key', stage: 'open'},
        warnings: [{name: 'scripted', code: 'ssh.host-key-unknown', message: 'shows an unknown key'}],
      }),
      120,
      '✗ shows an unknown key (ssh.host-key-unknown)\n  Compare the fingerprint, then run `waybill targets trust NAME`.\n',
    ],
    [
      exited(0, {warnings: [{name: 'a\u001b', code: 'source.special-file', message: 'a FIFO'}]}),
      0,
      '! a\\x1b: a FIFO\n',
    ],
  ])('are said with the next step (%#)', async (result, status, text) => {
    const run = await cli({result: async () => result}, 'run', 'x');
    expect(run.status).toBe(status);
    expect(run.stderr.replace(/^Run .*\n/, '')).toBe(text);
  });
});

describe('retry', () => {
  it('retries before it follows', async () => {
    const {client, status} = await cli({result: async () => exited(2)}, 'retry', 'some-id');
    expect(client.retried).toEqual(['some-id']);
    expect(status).toBe(2);
  });

  it('returns at once with --detach', async () => {
    const {client, status, stderr} = await cli(
      {result: () => new Promise(() => undefined)},
      'retry',
      '--detach',
      'some-id',
    );
    expect(client.retried).toEqual(['some-id']);
    expect(status).toBe(0);
    expect(stderr).toBe('Running again. Follow it with: waybill wait some-id\n');
  });
});

describe('the rest', () => {
  it('prints the version of the package, help and topics', async () => {
    expect((await cli({}, '--version')).stdout).toBe(`${VERSION}\n`);
    expect((await cli({}, '--help')).stdout).toContain('Usage: waybill [options] [command]');
    expect((await cli({}, 'help', 'targets', 'trust')).stdout).toContain('--fingerprint');
    expect((await cli({}, 'help', 'exit-codes')).stdout).toMatch(/124\s+The time limit/);
    expect((await cli({}, 'help', 'nonsense')).status).toBe(125);
  });

  it('tells a failed check by its status', async () => {
    const {status, stdout} = await cli(
      {checks: [{name: 'connect', outcome: 'failed', detail: 'refused', remedy: 'Start sshd.'}]},
      ...['targets', 'check', 'gpu'],
    );
    expect(status).toBe(1);
    expect(stdout).toBe('✗ connect: refused\n  Start sshd.\n');
  });

  it('lists', async () => {
    const record: ExecutionRecord = {
      id: 'sort-abc',
      target: 'local',
      command: ['sort', 'a\nb'],
      state: 'succeeded',
      generation: 1,
      exitStatus: 0,
      createdAt: new Date(Date.now() - 65_000).toISOString(),
      outputFiles: 2,
      outputBytes: 2000,
    };
    const {stdout} = await cli({records: [record]}, 'list');
    expect(stdout).toMatch(
      /^ID +STATE +TARGET +AGE +EXPIRES +EXIT +OUTPUTS +COMMAND\nsort-abc +succeeded +local +1:0\d +never +0 +2 \(2 kB\) +sort 'a\\nb'\n$/,
    );
    expect(JSON.parse((await cli({records: [record]}, 'list', '--json')).stdout)).toEqual(record);
    expect((await cli({record}, 'status', 'sort-abc')).stdout).toContain('Exit status  0');
    expect((await cli({}, 'status', 'none')).stderr).toContain('(execution.not-found)');
  });

  it('draws nothing where there is no terminal', async () => {
    const {stderr} = await cli(
      {
        events: async function* () {
          yield {
            event: 'move',
            // The last that was heard of it.
            progress: movement('stage', {filesDone: 1, filesTotal: 2, bytesDone: 4, bytesTotal: 9}),
          };
          yield {event: 'stage', stage: 'run'};
        },
        result: () => new Promise((resolve) => setTimeout(resolve, 50, exited(0))),
      },
      ...['run', 'x'],
    );
    expect(stderr).toMatch(/^Run x-\w{8} on local\nStaged 2 files, 9 B\n$/);
  });
});
