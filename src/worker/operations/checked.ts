import type {TargetCheck} from '../../contracts/catalog.js';
import {isWaybillError} from '../../contracts/errors.js';

/** What `look` finds, or why it could not. */
export async function checked(name: string, look: () => Promise<string>): Promise<TargetCheck> {
  try {
    return {name, outcome: 'ok', detail: await look()};
  } catch (error) {
    return failed(name, error);
  }
}

export function failed(name: string, error: unknown): TargetCheck {
  const detail = error instanceof Error ? error.message : String(error);
  return {name, outcome: 'failed', detail, ...(isWaybillError(error) ? {remedy: error.remedy} : {})};
}
