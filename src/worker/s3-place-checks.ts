import {randomBytes} from 'node:crypto';
import type {S3StoreConfiguration} from '../config/schema.js';
import type {TargetCheck} from '../contracts/catalog.js';
import {isWaybillError} from '../contracts/errors.js';
import type {S3Credentials} from '../stores/s3/credentials.js';
import type {S3Connection} from '../stores/s3/options.js';
import {probeS3, type S3Probe} from '../stores/s3/probe.js';
import type {Store} from '../stores/store.js';

interface CheckedPlace {
  readonly settings: S3StoreConfiguration;
  readonly credentials: () => Promise<S3Credentials>;
  readonly connection: () => Promise<S3Connection>;
  readonly store: () => Promise<Store>;
  readonly signal?: AbortSignal;
}

/** Servers refuse signatures that are 15 minutes off; the store corrects that, and other programs don't. */
const MUCH_SKEW_MS = 60_000;

/** What an S3 store can do, each point with what to do where it can't. What follows a failure is left out. */
export async function checkS3Place({settings, credentials, connection, store, signal}: CheckedPlace) {
  const checks: TargetCheck[] = [];
  try {
    await credentials();
    checks.push({name: 'credentials', outcome: 'ok', detail: `set, from ${sourceOf(settings)}`});
    const {prefix, bucket, endpoint} = settings;
    const probe = await probeS3(await connection(), prefix, signal ? {signal} : {});
    checks.push(...probeChecks(probe, endpoint, bucket));
    if (probe.outcome === 'answered') checks.push(await objectCheck(await store(), signal));
  } catch (error) {
    checks.push(failed(checks.length === 0 ? 'credentials' : 'objects', error));
  }
  return checks;
}

function sourceOf({credentialsFile, credentialsProfile, accessKeyIdEnv, secretAccessKeyEnv}: S3StoreConfiguration) {
  return credentialsFile === undefined
    ? `${accessKeyIdEnv} and ${secretAccessKeyEnv}`
    : `[${credentialsProfile}] of ${credentialsFile}`;
}

function probeChecks(probe: S3Probe, endpoint: string, bucket: string): readonly TargetCheck[] {
  if (probe.outcome === 'unreachable') return [failed('endpoint', probe.error)];
  const answers: TargetCheck = {name: 'endpoint', outcome: 'ok', detail: `${endpoint} answers`};
  if (probe.outcome === 'answered') {
    return [answers, clockCheck(probe.clockAheadMs), {name: 'bucket', outcome: 'ok', detail: `${bucket} is there`}];
  }
  switch (probe.reason) {
    case 'no-bucket':
      return [
        answers,
        {...failed('bucket', probe.error), remedy: 'Make the bucket first, or name another: Waybill makes none.'},
      ];
    case 'credentials':
      return [
        answers,
        {...failed('access', probe.error), remedy: 'Check the keys, the region and what they may do in this bucket.'},
      ];
    case 'other':
      return [answers, failed('bucket', probe.error)];
  }
}

function clockCheck(aheadMs: number | undefined): TargetCheck {
  if (aheadMs === undefined) return {name: 'clock', outcome: 'warning', detail: 'the server does not say its time'};
  // The header counts whole seconds.
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  if (Math.abs(aheadMs) < MUCH_SKEW_MS) return {name: 'clock', outcome: 'ok', detail: `within ${seconds + 1} s`};
  return {
    name: 'clock',
    outcome: 'warning',
    detail: `the server is ${seconds} s ${aheadMs > 0 ? 'ahead' : 'behind'}; requests are signed with its time`,
    remedy: 'Set the clock of the worker, or of the server.',
  };
}

/** Writes, reads and removes an object of its own below the prefix. */
async function objectCheck(store: Store, signal?: AbortSignal): Promise<TargetCheck> {
  const options = signal ? {signal} : {};
  const path = `.waybill-check-${randomBytes(8).toString('hex')}`;
  const content = randomBytes(32);
  let found: Uint8Array | undefined;
  try {
    await store.putObject(path, content, options);
    found = await store.getObject(path, content.length, options);
  } catch (error) {
    // Also of a put that failed: its answer may be what was lost. Without the signal, which may be what ended it.
    await store.remove(path).catch(() => undefined);
    throw error;
  }
  await store.remove(path, options);
  if (found !== undefined && content.equals(found)) {
    return {name: 'objects', outcome: 'ok', detail: 'written, read and removed below the prefix'};
  }
  return {
    name: 'objects',
    outcome: 'failed',
    detail: 'the server gave back other bytes than were written',
    remedy: 'Look for a cache or a proxy between the worker and the server.',
  };
}

function failed(name: string, error: unknown): TargetCheck {
  const detail = error instanceof Error ? error.message : String(error);
  return {name, outcome: 'failed', detail, ...(isWaybillError(error) ? {remedy: error.remedy} : {})};
}
