import {readFile} from 'node:fs/promises';
import {timeLimit} from '../abort/time-limit.js';
import {WaybillError} from '../contracts/errors.js';
import type {GuardedProcess} from './guarded-process.js';

export interface ReadinessOptions {
  readonly name: string;
  readonly log: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Waits until `check` resolves. A server that ends meanwhile, or is not ready in time, is ended and reported as
 * `stack.start-failed` with the last lines of its log.
 */
export async function ready(
  server: GuardedProcess,
  options: ReadinessOptions,
  check: (signal: AbortSignal) => Promise<void>,
): Promise<GuardedProcess> {
  const over = new AbortController();
  const patience = timeLimit(options.timeoutMs, options.signal);
  const signal = AbortSignal.any([patience.signal, over.signal]);
  try {
    const outcome = await Promise.race([
      check(signal).then(() => 'ready' as const),
      server.exited.then(({code, signal: by}) => `ended with ${String(code ?? by)}`),
    ]);
    if (outcome === 'ready') return server;
    throw new WaybillError('stack.start-failed', await withLog(`${options.name} ${outcome}`, options.log), {
      path: options.log,
    });
  } catch (error) {
    await server.stop(2000);
    options.signal.throwIfAborted();
    if (error instanceof WaybillError) throw error;
    const message = `${options.name} was not ready within ${options.timeoutMs / 1000} s`;
    throw new WaybillError('stack.start-failed', await withLog(message, options.log), {
      path: options.log,
      cause: error,
    });
  } finally {
    patience.end();
    over.abort();
  }
}

async function withLog(message: string, log: string): Promise<string> {
  const text = await readFile(log, 'utf8').catch(() => '');
  const lines = text.trimEnd().split('\n').slice(-200);
  // Go prints the reason first, and then a page of stack.
  const reason = lines.findLastIndex((line) => /^(panic|fatal error|error):/i.test(line));
  const last = lines.slice(reason === -1 ? -5 : reason).slice(0, 5);
  return `${message}; its log ${log} ends with:\n${last.join('\n')}`;
}
