import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {capture} from '../../../test/cli/captured-context.js';
import {cliHomeForEach} from '../../../test/cli/run-scripted.js';
import {exited, ScriptedClient} from '../../../test/cli/scripted-client.js';
import type {LogChunk} from '../../client/api.js';
import {WaybillError} from '../../contracts/errors.js';
import {main} from '../main.js';

const home = cliHomeForEach();
const {cli} = home;

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
    expect(client.downloads[0]?.into).toBe(join(home.path, 'here'));
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
    const captured = capture(client, home.surroundings);
    const context = {
      ...captured.context,
      connect: async () => {
        throw new WaybillError('client.unreachable', 'Temporal does not answer at x:1');
      },
    };
    expect(await main(['run', 'true'], context)).toBe(123);
    expect(captured.stderr()).toBe(
      '✗ Temporal does not answer at x:1 (client.unreachable)\n  Give the host:port of your Temporal with --address or TEMPORAL_ADDRESS, or start a stack of your own with `waybill dev`.\n',
    );
    expect(await main(['list', '--json'], context)).toBe(123);
    expect(JSON.parse(captured.stdout())).toMatchObject({event: 'error', code: 'client.unreachable'});
  });
});
