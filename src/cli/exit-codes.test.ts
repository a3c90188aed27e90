import {describe, expect, it} from 'vitest';
import {EXIT, exitCodeOf, exitCodeTable} from './exit-codes.js';
import {exited} from '../../test/cli/scripted-client.js';

const failed = (code: string, command?: Parameters<typeof exited>[1]) =>
  exited(0, {outcome: 'failed', failure: {code, message: 'x', stage: 'collect'}, ...command});

describe('exitCodeOf', () => {
  it.each([
    ['success', exited(0), 0],
    ["the command's own failure", exited(3), 3],
    [
      '… also where an output is missing too',
      {...failed('execution.required-output-missing'), command: {outcome: 'exited', status: 9} as const},
      9,
    ],
    ['a signal', exited(0, {outcome: 'failed', command: {outcome: 'signalled', signal: 11}}), 139],
    ['a time limit', exited(0, {outcome: 'failed', command: {outcome: 'timed-out', timeoutMs: 5}}), 124],
    ['cancelled', exited(0, {outcome: 'cancelled', command: {outcome: 'cancelled'}}), 130],
    ['lost', exited(0, {outcome: 'lost', command: {outcome: 'lost', reason: 'boot'}}), 121],
    ['a missing output', failed('execution.required-output-missing'), 120],
    ['a command that is not there', {...failed('execution.command-not-found'), command: undefined}, 127],
    ['a failure before the command', {...failed('store.permission-denied'), command: undefined}, 125],
  ])('%s', (_name, result, expected) => {
    const {command, ...rest} = result;
    expect(exitCodeOf(command === undefined ? rest : {...rest, command})).toBe(expected);
  });

  it('tells a download that failed, after a command that did not', () => {
    const files = [{outcome: 'failed', name: 'a', code: 'store.io', message: 'x'} as const];
    expect(exitCodeOf(exited(0), files)).toBe(EXIT.outputs);
    expect(exitCodeOf(exited(4), files)).toBe(4);
  });

  it('documents every status that Waybill ends with', () => {
    const documented = exitCodeTable.map(({status}) => status);
    for (const status of Object.values(EXIT)) if (status !== 0) expect(documented).toContain(String(status));
  });
});
