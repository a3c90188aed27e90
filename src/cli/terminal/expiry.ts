import {formatDuration} from '../amounts.js';

/** Milliseconds before the end of its time from which on people are warned: a long week-end. */
const SOON_MS = 4 * 86_400_000;

/** `in 3 d 2 h`, `never`, `expired` where the sweep has not come yet. */
export function formatExpiry(expiresAt: string | undefined, now: number): string {
  if (expiresAt === undefined) return 'never';
  const left = Date.parse(expiresAt) - now;
  return left <= 0 ? 'expired' : `in ${formatDuration(left)}`;
}

export function expiresSoon({expiresAt}: {readonly expiresAt?: string | undefined}, now: number): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) - now < SOON_MS;
}

/** `what` is `3 runs` or `2 outputs`. */
export function expiryWarning(what: string, id: string): string {
  return `Soon to expire: ${what}, within 4 days. Keep them with \`waybill keep ${id} 90d\` or \`forever\`.`;
}
