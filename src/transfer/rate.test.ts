import {expect, it} from 'vitest';
import {RateMeter} from './rate.js';

it('gives bytes a second over the last seconds, whatever came before', () => {
  const meter = new RateMeter(0, 5_000);
  expect(meter.rate(0)).toBe(0);
  for (let second = 1; second <= 10; second += 1) meter.add(1_000, second * 1_000);
  expect(meter.rate(10_000)).toBe(1_000);
  for (let second = 11; second <= 20; second += 1) meter.add(3_000, second * 1_000);
  expect(meter.rate(20_000)).toBe(3_000);
});

it('falls while nothing comes, to 0', () => {
  const meter = new RateMeter(0, 5_000);
  meter.add(4_000, 1_000);
  expect(meter.rate(1_000)).toBe(4_000);
  expect(meter.rate(4_000)).toBe(1_000);
  expect(meter.rate(60_000)).toBe(0);
});

it('knows how long the rest takes while something moves, and not otherwise', () => {
  const meter = new RateMeter(0, 5_000);
  expect(meter.remainingMs(500, 0)).toBeUndefined();
  meter.add(1_000, 2_000);
  expect(meter.remainingMs(500, 2_000)).toBe(1_000);
});
