import {hasCode, WaybillError} from '../contracts/errors.js';

/** This attempt has nothing left to do. */
export function superseded(why: string, cause?: unknown): WaybillError {
  return new WaybillError('transfer.superseded', why, cause === undefined ? {} : {cause});
}

/** A directory of partials that is gone was removed by the step after this one. */
export async function unlessSuperseded<T>(opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    if (hasCode(error, 'store.not-found')) throw superseded('The directory of unfinished files is gone.');
    throw error;
  }
}

/** Rejects once this attempt may no longer write. */
export function requireCurrent({isCurrent}: {readonly isCurrent?: () => boolean}): void {
  if (isCurrent?.() === false) throw superseded('This attempt was out of touch for too long.');
}
