import {describe, expect, it} from 'vitest';
import {batchInput, type BatchOutcome, commandOf, itemId} from './batch.js';
import {
  addOutcome,
  afterItem,
  beginBatch,
  type BatchProgress,
  concludeBatch,
  mergeRounds,
  outcomeWithout,
} from './batch-progress.js';

const input = batchInput.parse({execution: {command: ['cat', '{}']}, items: 3, pages: 2});
const begun = beginBatch('nightly', input, '2026-01-01T00:00:00.000Z');

function settled(progress: BatchProgress, ...outcomes: readonly BatchOutcome['outcome'][]): BatchProgress {
  return outcomes.reduce((before, outcome, index) => {
    const item = {index, input: `${index}.txt`};
    const failed = outcomeWithout(before, item, 'failed', {code: 'execution.command-failed', message: 'exited with 3'});
    return addOutcome(before, {...failed, outcome});
  }, progress);
}

describe('the command of an item', () => {
  it.each([
    [['cat', '{}'], 'data/a b.txt', ['cat', 'data/a b.txt']],
    [['x', '--in={}', '{}.out', '{}{}'], 'a', ['x', '--in=a', 'a.out', 'aa']],
    [['cat', '{}', '--in={}', '{}.out'], '-n', ['cat', './-n', '--in=-n', './-n.out']],
    [['echo', '{}'], '$& {} $1', ['echo', '$& {} $1']],
  ])('%j with %j is %j', (command, name, expected) => expect(commandOf(command, name)).toEqual(expected));
});

describe('how a batch ends', () => {
  it('is success only where every item succeeded', () => {
    const all = concludeBatch(settled(begun, 'succeeded', 'succeeded', 'succeeded'), 'now');
    expect(all).toMatchObject({outcome: 'succeeded', counts: {items: 3, succeeded: 3}});
    expect(all.failure).toBeUndefined();
    expect(concludeBatch(settled(begun, 'succeeded', 'succeeded'), 'now').outcome).toBe('failed');
  });

  it('names the first that failed, and counts those that were lost with them', () => {
    const result = concludeBatch(settled(begun, 'succeeded', 'lost', 'failed'), 'now');
    expect(result).toMatchObject({
      ...{outcome: 'failed', counts: {items: 3, succeeded: 1, failed: 2, cancelled: 0}},
      failure: {code: 'batch.incomplete', message: '2 of 3 did not succeed; the first is 1.txt: exited with 3'},
      failures: [{id: 'nightly-000001'}, {id: 'nightly-000002'}],
    });
  });

  it('is the cancellation, whatever else failed', () => {
    const result = concludeBatch({...settled(begun, 'failed', 'cancelled'), cancelled: true}, 'now');
    expect(result).toMatchObject({outcome: 'cancelled', counts: {failed: 1, cancelled: 1}});
    expect(result.failure?.code).toBe('execution.cancelled');
  });

  it('holds few of the failures, however many there are', () => {
    const many = Array.from({length: 500}, () => 'failed' as const);
    expect(concludeBatch(settled(begun, ...many), 'now').failures).toHaveLength(20);
  });
});

it('goes from page to page, and counts what was begun', () => {
  const next = [2, 2, 1].reduce(afterItem, begun);
  expect(next).toMatchObject({page: 2, offset: 0, begun: 3});
  expect(afterItem(begun, 2)).toMatchObject({page: 0, offset: 1, begun: 1});
});

it('keeps the last word on an item, in whichever order the rounds are read', () => {
  const first = outcomeWithout(begun, {index: 0, input: 'a'}, 'failed', {code: 'c', message: 'm'});
  const second: BatchOutcome = {...first, round: 2, outcome: 'succeeded'};
  expect(mergeRounds([second, first]).get(0)).toBe(second);
  expect(mergeRounds([first, second]).get(0)).toBe(second);
});

it('gives every item of the largest batch an id', () => {
  expect(itemId('b'.repeat(57), 99_999)).toHaveLength(64);
});
