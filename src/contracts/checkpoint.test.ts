import {describe, expect, it} from 'vitest';
import {type Checkpoint, decideAttempt, MAX_STALLED_ATTEMPTS, retryDelay, UNREACHABLE_BUDGET_MS} from './checkpoint.js';

const base: Checkpoint = {version: 1, step: 'move', progress: 100, progressAtStart: 100, stalledAttempts: 0};

describe('whether another attempt starts (P6)', () => {
  it('starts the first attempt from nothing', () => {
    expect(decideAttempt(undefined, 0)).toEqual({decision: 'go-on', stalledAttempts: 0, progress: 0});
  });

  it('forgets the stalled attempts once one has moved', () => {
    const last = {...base, progress: 101, stalledAttempts: 2};
    expect(decideAttempt(last, 0)).toEqual({decision: 'go-on', stalledAttempts: 0, progress: 101});
  });

  it('gives up after three attempts in a row that moved nothing, and says why the last one failed', () => {
    let last: Checkpoint = {...base, lastError: 'disk full'};
    for (let attempt = 1; attempt < MAX_STALLED_ATTEMPTS; attempt += 1) {
      const decision = decideAttempt(last, 0);
      if (decision.decision === 'give-up') throw new Error(`gave up at attempt ${attempt}`);
      last = {...last, stalledAttempts: decision.stalledAttempts};
    }
    const decision = decideAttempt(last, 0);
    expect(decision).toEqual({decision: 'give-up', message: '3 attempts in a row got no further: disk full'});
  });

  it('lets a file arrive over a line that drops fifty times', () => {
    let progress = 0;
    let last: Checkpoint | undefined;
    for (let drop = 0; drop < 50; drop += 1) {
      const decision = decideAttempt(last, 0);
      if (decision.decision === 'give-up') throw new Error('gave up');
      progress += 1;
      last = {...base, progress, progressAtStart: progress - 1, stalledAttempts: decision.stalledAttempts};
    }
    expect(decideAttempt(last, 0)).toMatchObject({decision: 'go-on', progress: 50});
  });

  it.each(['shutdown', 'hand-over'] as const)('does not count a %s', (stopped) => {
    expect(decideAttempt({...base, stopped, stalledAttempts: 2}, 0)).toMatchObject({
      decision: 'go-on',
      stalledAttempts: 2,
    });
  });

  it('times the silence of the other side instead of counting it', () => {
    const silent: Checkpoint = {...base, stopped: 'unreachable', unreachableSince: 1_000, stalledAttempts: 2};
    expect(decideAttempt(silent, 1_000 + UNREACHABLE_BUDGET_MS)).toMatchObject({
      decision: 'go-on',
      unreachableSince: 1_000,
    });
    expect(decideAttempt(silent, 1_001 + UNREACHABLE_BUDGET_MS)).toMatchObject({decision: 'give-up'});
  });
});

describe('how soon the next attempt starts', () => {
  it('is a quarter of a second after progress', () => {
    expect(retryDelay({...base, progress: 200}, 0)).toBe(250);
  });

  it('grows while nothing moves', () => {
    const delays = [0, 1, 2].map((stalledAttempts) => retryDelay({...base, stalledAttempts}, 0));
    expect(delays).toEqual([1_000, 5_000, 15_000]);
  });

  it('follows the length of a silence, between half a second and thirty', () => {
    const after = (ms: number) => retryDelay({...base, stopped: 'unreachable', unreachableSince: 0}, ms);
    expect([after(0), after(60_000), after(3_000_000)]).toEqual([500, 6_000, 30_000]);
  });
});
