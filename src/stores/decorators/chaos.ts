import {type ErrorCode, WaybillError} from '../../contracts/errors.js';
import type {Store} from '../store.js';
import {intercepted, type StoreCall, type StoreMethod} from './intercepted.js';

/**
 * What happens instead of a call: `fail` before it is made; `lose-answer` after it was made; `cut` after half of its
 * content was taken (a call without content is not made at all); `corrupt` lets it succeed with one byte flipped, of
 * what is written or of what is read.
 */
export type Mishap = 'fail' | 'lose-answer' | 'cut' | 'corrupt';

export interface ChaosRule {
  readonly method: StoreMethod;
  /** Calls of the method that go well first. Default 0. */
  readonly after?: number;
  /** Calls that it then happens to. Default 1. */
  readonly times?: number;
  readonly how: Mishap;
  /** The error of `fail`, `lose-answer` and `cut`. Default `store.unavailable`. */
  readonly code?: ErrorCode;
}

/** `store` with faults at the calls that `rules` name; the first rule that applies to a call counts. For tests. */
export function withChaos(store: Store, rules: readonly ChaosRule[]): Store {
  const counts = new Map<StoreMethod, number>();
  return intercepted(store, async (call, proceed) => {
    const count = counts.get(call.method) ?? 0;
    counts.set(call.method, count + 1);
    const rule = rules.find((candidate) => candidate.method === call.method && applies(candidate, count));
    switch (rule?.how) {
      case undefined:
        return proceed();
      case 'fail':
        throw mishap(call, rule, 'was not made');
      case 'lose-answer':
        await proceed();
        throw mishap(call, rule, 'was made and its answer lost');
      case 'cut':
        if (call.content !== undefined) await proceed(call.content.subarray(0, call.content.length >> 1));
        throw mishap(call, rule, 'was cut');
      case 'corrupt':
        if (call.content !== undefined) return proceed(flipped(call.content));
        return flippedResult(await proceed());
    }
  });
}

function applies({after = 0, times = 1}: ChaosRule, count: number): boolean {
  return count >= after && count < after + times;
}

function mishap(call: StoreCall, rule: ChaosRule, what: string): WaybillError {
  return new WaybillError(rule.code ?? 'store.unavailable', `By chaos rule, this ${call.method} ${what}.`, {
    path: call.path,
  });
}

function flipped(content: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(content);
  flipOne(copy);
  return copy;
}

/** What a store has read belongs to the caller, so it may be changed where it is. */
function flippedResult<T>(result: T): T {
  if (result instanceof Uint8Array) flipOne(result);
  return result;
}

function flipOne(bytes: Uint8Array): void {
  const middle = bytes.length >> 1;
  const byte = bytes[middle];
  if (byte !== undefined) bytes[middle] = byte ^ 0x01;
}
