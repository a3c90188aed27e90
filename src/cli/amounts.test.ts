import {describe, expect, it} from 'vitest';
import {formatDuration, parseCount, parseDuration, parseSize} from './amounts.js';

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['2h', 7_200_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['3d', 259_200_000],
  ])('%s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each(['', '5', 'h', '2 h', '-1h', '2h!', '1e3s', '0s', '2hh', '99999999999999d'])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(/is not a duration/);
  });

  it.each([
    [0, '0:00'],
    [7_400, '0:07'],
    [750_000, '12:30'],
    [11_045_000, '3:04:05'],
    [183_600_000, '2 d 3 h'],
  ])('%d ms reads %s', (milliseconds, expected) => {
    expect(formatDuration(milliseconds)).toBe(expected);
  });
});

describe('sizes and counts', () => {
  it.each([
    ['500', 500],
    ['10k', 10_000],
    ['64MiB', 67_108_864],
    ['1.5GB', 1_500_000_000],
    ['2 ti', 2_199_023_255_552],
  ])('%s', (text, expected) => {
    expect(parseSize(text)).toBe(expected);
  });

  it.each(['', 'x', '1q', '-5', '1e3', 'MB'])('refuses %j', (text) => {
    expect(() => parseSize(text)).toThrow(/is not a size/);
  });

  it('counts', () => {
    expect(parseCount('12')).toBe(12);
    for (const text of ['0', '-1', '1.5', '', 'many']) expect(() => parseCount(text)).toThrow(/whole number/);
  });
});
