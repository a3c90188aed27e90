import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {ProgressCounter} from './move-progress.js';
import type {PlannedFile} from './planned-file.js';

const planned = (name: string, size: number): PlannedFile => ({name, kind: 'file', size, mode: 0o600, modifiedAt: 0});
const a = planned('a.bin', 100);
const b = planned('b.bin', 50);

it('names where the file goes on that it shows, when several go on at once', () => {
  const counter = new ProgressCounter([a, b], undefined);
  counter.moved(a, {event: 'resumed', offset: 0, bytes: 80});
  counter.moved(b, {event: 'resumed', offset: 0, bytes: 10});
  expect(counter.snapshot()).toMatchObject({file: {name: 'b.bin', offset: 10, size: 50}, resumedFrom: 10});
  counter.moved(a, {event: 'sent', offset: 80, bytes: 10});
  expect(counter.snapshot()).toMatchObject({file: {name: 'a.bin', offset: 90, size: 100}, resumedFrom: 80});
});

it('says nothing of another file than the one that it shows', () => {
  const counter = new ProgressCounter([a, b], undefined);
  counter.moved(a, {event: 'resumed', offset: 0, bytes: 80});
  counter.moved(b, {event: 'sent', offset: 0, bytes: 10});
  expect(counter.snapshot()).not.toHaveProperty('resumedFrom');
});

it('keeps apart what is done and what is being checked', () => {
  const counter = new ProgressCounter([a, b], undefined);
  counter.moved(a, {event: 'claimed', offset: 0, bytes: 80});
  expect(counter.snapshot()).toMatchObject({bytesDone: 0, checkingBytes: 80});
  counter.moved(a, {event: 'resumed', offset: 0, bytes: 60});
  expect(counter.snapshot()).toMatchObject({bytesDone: 60, checkingBytes: 20, resumedBytes: 60});
  counter.moved(a, {event: 'refuted', offset: 60, bytes: 20});
  expect(counter.snapshot()).toMatchObject({bytesDone: 60});
  expect(counter.snapshot()).not.toHaveProperty('checkingBytes');
});

it('checks nothing of a file that is settled, or put off', () => {
  const counter = new ProgressCounter([a, b], undefined);
  for (const file of [a, b]) counter.moved(file, {event: 'claimed', offset: 0, bytes: 40});
  counter.dropped(a);
  counter.settled(b, {
    outcome: 'failed',
    name: 'b.bin',
    kind: 'file',
    size: 50,
    code: 'store.io',
    message: '',
    retryable: true,
    sentBytes: 0,
    durationMs: 0,
  });
  expect(counter.snapshot()).not.toHaveProperty('checkingBytes');
});

describe('the word that a file is taken up', () => {
  beforeEach(() => {
    vi.useFakeTimers({toFake: ['performance']});
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function counterTelling(told: string[]): ProgressCounter {
    return new ProgressCounter([a, b], undefined, (name, from) => told.push(`${name} ${from}`));
  }

  it('comes once for each, also of those that no progress shows', () => {
    const told: string[] = [];
    const counter = counterTelling(told);
    counter.moved(b, {event: 'sent', offset: 0, bytes: 10});
    counter.moved(a, {event: 'resumed', offset: 0, bytes: 40});
    counter.moved(a, {event: 'resumed', offset: 40, bytes: 40});
    counter.moved(b, {event: 'sent', offset: 10, bytes: 10});
    vi.advanceTimersByTime(200);
    counter.moved(b, {event: 'sent', offset: 20, bytes: 10});
    expect(told).toEqual(['a.bin 80']);
    counter.moved(b, {event: 'resumed', offset: 30, bytes: 10});
    counter.tellResumed(b);
    counter.moved(a, {event: 'resumed', offset: 80, bytes: 10});
    counter.tellNow();
    expect(told).toEqual(['a.bin 80', 'b.bin 40']);
  });

  it('waits until everything of the file is checked', () => {
    const told: string[] = [];
    const counter = counterTelling(told);
    counter.moved(a, {event: 'claimed', offset: 0, bytes: 80});
    counter.moved(a, {event: 'resumed', offset: 0, bytes: 40});
    counter.tellNow();
    expect(told).toEqual([]);
    counter.moved(a, {event: 'resumed', offset: 40, bytes: 40});
    counter.tellNow();
    expect(told).toEqual(['a.bin 80']);
  });

  it('does not come for a file that is put off', () => {
    const told: string[] = [];
    const counter = counterTelling(told);
    counter.moved(a, {event: 'claimed', offset: 0, bytes: 80});
    counter.moved(a, {event: 'resumed', offset: 0, bytes: 40});
    counter.dropped(a);
    counter.tellNow();
    expect(told).toEqual([]);
  });

  it('waits for what was claimed, whatever else was found there', () => {
    const told: string[] = [];
    const counter = counterTelling(told);
    counter.moved(a, {event: 'claimed', offset: 0, bytes: 10});
    counter.moved(a, {event: 'claimed', offset: 80, bytes: 10});
    counter.moved(a, {event: 'resumed', offset: 80, bytes: 10});
    counter.tellNow();
    expect(told).toEqual([]);
    expect(counter.snapshot()).toMatchObject({checkingBytes: 10});
  });
});
