import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {capture} from '../../../test/cli/captured-context.js';
import {cliHomeForEach} from '../../../test/cli/run-scripted.js';
import {exited, ScriptedClient} from '../../../test/cli/scripted-client.js';
import {WaybillError} from '../../contracts/errors.js';
import {main} from '../main.js';

const home = cliHomeForEach();
const {cli} = home;

describe('signals without a terminal', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])(
    '%s detaches, and wait takes the run up where it was told to',
    async (signal) => {
      const client = new ScriptedClient({result: () => new Promise(() => undefined)});
      const first = capture(client, home.surroundings);
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
      expect(waited.client.downloads[0]?.into).toBe(join(home.path, 'results'));
      expect(await readdir(join(home.path, 'waybill/cli'))).toEqual([]);
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
