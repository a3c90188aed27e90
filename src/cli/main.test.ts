import {expect, it} from 'vitest';
import {cliHomeForEach} from '../../test/cli/run-scripted.js';
import {exited, movement} from '../../test/cli/scripted-client.js';
import type {ExecutionRecord} from '../contracts/artifacts.js';
import {VERSION} from './version.js';

const {cli} = cliHomeForEach();

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

it('lists runs as a table or one JSON object a line, and tells the state of one', async () => {
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
