import {WaybillError} from '../../contracts/errors.js';
import {splitLocation, type TransferOptionsRequest} from '../../contracts/transfer.js';

export interface CopyFlags {
  readonly direct?: true;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly hidden?: true;
  readonly symlinks?: 'follow' | 'skip' | 'copy';
  readonly recursive: boolean;
  readonly overwrite: 'always' | 'never' | 'newer' | 'different' | false;
  readonly preserveTimes: boolean;
  readonly preserveMode: boolean;
  readonly preserveOwner?: true;
  readonly verify: 'size' | 'hash' | 'both' | false;
  readonly resume: boolean;
  readonly atomic: boolean;
  readonly retries?: number;
  readonly timeout?: number;
  readonly maxSize?: number;
  readonly chunk?: number;
  readonly parallel?: number;
  readonly connections?: number;
  readonly limitRate?: number;
  readonly dryRun?: true;
  readonly failFast?: true;
  readonly wait?: true;
  readonly manifest?: string;
  readonly name?: string;
  readonly correlationId?: string;
  readonly detach?: true;
  readonly json?: true;
}

export function copyOptions(flags: CopyFlags): TransferOptionsRequest {
  const given = <T>(name: string, value: T | undefined) => (value === undefined ? {} : {[name]: value});
  return {
    include: [...flags.include],
    exclude: [...flags.exclude],
    hidden: flags.hidden ?? false,
    recursive: flags.recursive,
    overwrite: flags.overwrite === false ? 'never' : flags.overwrite,
    preserveTimes: flags.preserveTimes,
    preserveMode: flags.preserveMode,
    preserveOwner: flags.preserveOwner ?? false,
    verify: flags.verify === false ? 'none' : flags.verify,
    resume: flags.resume,
    removeFirst: !flags.atomic,
    dryRun: flags.dryRun ?? false,
    failFast: flags.failFast ?? false,
    wait: flags.wait ?? false,
    ...given('symlinks', flags.symlinks),
    ...given('retries', flags.retries),
    ...given('stallTimeoutMs', flags.timeout),
    ...given('maxSizeBytes', flags.maxSize),
    ...given('chunkBytes', flags.chunk),
    ...given('parallel', flags.parallel),
    ...given('connections', flags.connections),
    ...given('limitRate', flags.limitRate),
  };
}

/** A worker elsewhere cannot read this machine's files: only places with a name go to it. */
export function requireLocations(places: readonly string[]): void {
  const bare = places.find((place) => splitLocation(place) === undefined);
  if (bare === undefined) return;
  throw new WaybillError('input.invalid', `"${bare}" is a path of this machine, which the worker cannot read`, {
    path: bare,
    remedy:
      'Add --direct to do it in this process, or name the place as the worker knows it: NAME:PATH, with a NAME of `waybill targets`.',
  });
}
