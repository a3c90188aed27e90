import type {KeepFor} from '../contracts/execution.js';
import {WaybillError} from '../contracts/errors.js';

const durationUnits: Readonly<Record<string, number>> = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000};
const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
  ki: 2 ** 10,
  kib: 2 ** 10,
  mi: 2 ** 20,
  mib: 2 ** 20,
  gi: 2 ** 30,
  gib: 2 ** 30,
  ti: 2 ** 40,
  tib: 2 ** 40,
};

/** `90s`, `2h`, `1h30m`, `1.5h`, `500ms`; a bare number is refused, because nobody agrees on its unit. In milliseconds. */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/gy)];
  const read = parts.reduce((sum, [part]) => sum + part.length, 0);
  const total = parts.reduce((sum, [, number, unit]) => sum + Number(number) * (durationUnits[unit ?? ''] ?? NaN), 0);
  if (read !== text.length || parts.length === 0 || !Number.isSafeInteger(Math.round(total)) || Math.round(total) < 1) {
    throw new WaybillError('input.invalid', `"${text}" is not a duration`, {
      remedy: 'Write a number and a unit: 500ms, 90s, 15m, 2h, 1h30m, 3d.',
    });
  }
  return Math.round(total);
}

/** A duration as `parseDuration` reads it, or `forever`. */
export function parseKeep(text: string): KeepFor {
  if (text === 'forever') return text;
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new WaybillError('input.invalid', `"${text}" is neither a duration nor forever`, {
      cause,
      remedy: 'Write a number and a unit: 12h, 90d; or forever.',
    });
  }
}

/** `500`, `10k`, `64MiB`, `1.5GB`: decimal units as written, binary ones with an i. In bytes. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text);
  const unit = sizeUnits[(match?.[2] ?? '?').toLowerCase()];
  const total = unit === undefined ? NaN : Math.round(Number(match?.[1]) * unit);
  if (!Number.isSafeInteger(total)) {
    throw new WaybillError('input.invalid', `"${text}" is not a size`, {
      remedy: 'Write bytes, or a number and a unit: 10k, 64MiB, 1.5GB.',
    });
  }
  return total;
}

/** A whole number of 1 or more. */
export function parseCount(text: string): number {
  const count = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (!(count >= 1)) {
    throw new WaybillError('input.invalid', `"${text}" is not a whole number of 1 or more`, {
      remedy: 'Write it in digits.',
    });
  }
  return count;
}

export function parsePort(text: string): number {
  const port = parseCount(text);
  if (port <= 65_535) return port;
  throw new WaybillError('input.invalid', `"${text}" is not a port`, {remedy: 'Write a number from 1 to 65535.'});
}

/** `0:07`, `12:30`, `3:04:05`, `2 d 3 h`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const [s, m, h] = [seconds % 60, Math.floor(seconds / 60) % 60, Math.floor(seconds / 3600)];
  if (h >= 24) return `${Math.floor(h / 24)} d ${h % 24} h`;
  const tail = `${String(m).padStart(h > 0 ? 2 : 1, '0')}:${String(s).padStart(2, '0')}`;
  return h > 0 ? `${h}:${tail}` : tail;
}
