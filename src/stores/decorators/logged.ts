import {hasCode} from '../../contracts/errors.js';
import type {Store, StorePath} from '../store.js';
import {intercepted, type StoreMethod} from './intercepted.js';

/** One call of a store that has ended. */
export interface StoreEvent {
  readonly store: string;
  readonly method: StoreMethod;
  readonly path: StorePath;
  readonly milliseconds: number;
  /** Bytes that the call handed over, where it did. */
  readonly bytes?: number;
  /** Set where it failed: the code of a WaybillError, or the name of any other error. */
  readonly failure?: string;
}

/** `store` with every call told to `log`, after it has ended. Contents are never told. */
export function withLog(store: Store, log: (event: StoreEvent) => void): Store {
  return intercepted(store, async (call, proceed) => {
    const started = performance.now();
    const tell = (failure?: string): void =>
      log({
        store: store.name,
        method: call.method,
        path: call.path,
        milliseconds: performance.now() - started,
        ...(call.content === undefined ? {} : {bytes: call.content.length}),
        ...(failure === undefined ? {} : {failure}),
      });
    try {
      const result = await proceed();
      tell();
      return result;
    } catch (error) {
      tell(nameOf(error));
      throw error;
    }
  });
}

function nameOf(error: unknown): string {
  if (hasCode(error)) return error.code;
  return error instanceof Error ? error.name : typeof error;
}
