import {runWorker} from '../../worker/main.js';
import type {CliContext, ConnectOptions} from '../context.js';
import {EXIT} from '../exit-codes.js';
import {Screen} from '../terminal/screen.js';
import {limitHeapGrowth} from './heap-growth.js';

/** Runs a worker until SIGINT, SIGTERM or SIGHUP; the second of them does not wait for anything. */
export async function work(context: CliContext, {address, namespace, taskQueue}: ConnectOptions): Promise<number> {
  const stop = new AbortController();
  const screen = new Screen(context);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(EXIT.cancelled);
    screen.line('Ending: what is under way writes its checkpoint. The same signal again ends at once.');
    stop.abort();
  };
  for (const signal of signals) context.signals.on(signal, onSignal);
  try {
    await runWorker({
      directory: context.cwd,
      environment: {
        ...context.environment,
        ...(address === undefined ? {} : {TEMPORAL_ADDRESS: address}),
        ...(namespace === undefined ? {} : {TEMPORAL_NAMESPACE: namespace}),
      },
      ...(taskQueue === undefined ? {} : {taskQueue}),
      signal: stop.signal,
      onReady: () => {
        limitHeapGrowth();
        screen.line('The worker is ready.');
      },
    });
    return EXIT.ok;
  } finally {
    for (const signal of signals) context.signals.off(signal, onSignal);
  }
}
