import {setTimeout as delay} from 'node:timers/promises';
import type {ExitStatus, GuardedProcess} from './guarded-process.js';
import type {ServiceName} from './leftovers.js';
import type {ProcessIdentity} from './process-identity.js';
import {restartDelay} from './restart-delay.js';

export type ServiceEvent =
  | {readonly event: 'started'; readonly service: ServiceName; readonly pid: number; readonly milliseconds: number}
  | {readonly event: 'exited'; readonly service: ServiceName; readonly status: ExitStatus; readonly restartInMs: number}
  | {
      readonly event: 'restart-failed';
      readonly service: ServiceName;
      readonly error: unknown;
      readonly restartInMs: number;
    }
  | {readonly event: 'stopped'; readonly service: ServiceName};

export interface ServiceOptions {
  readonly name: ServiceName;
  readonly start: (signal: AbortSignal) => Promise<GuardedProcess>;
  readonly graceMs: number;
  readonly onEvent: (event: ServiceEvent) => void;
  /** Called before `started` is told, at every start. */
  readonly onProcess: (identity: ProcessIdentity) => Promise<void>;
}

export interface Service {
  stop(): Promise<void>;
}

/** Starts a program and starts it again whenever it ends, until `stop`. Rejects where the first start fails. */
export async function keepRunning(options: ServiceOptions): Promise<Service> {
  const {name, onEvent} = options;
  const stopping = new AbortController();
  // Asked by a call each time: what a check found does not hold after an await.
  const isStopping = () => stopping.signal.aborted;
  const lives: number[] = [];
  const start = async () => {
    const beginning = Date.now();
    const running = await options.start(stopping.signal);
    await options.onProcess(running.identity);
    onEvent({event: 'started', service: name, pid: running.identity.pid, milliseconds: Date.now() - beginning});
    return {running, since: Date.now()};
  };

  let current: {readonly running: GuardedProcess; readonly since: number} | undefined = await start();
  const watch = async () => {
    while (!isStopping()) {
      const status = current === undefined ? undefined : await current.running.exited;
      if (isStopping()) return;
      lives.push(current === undefined ? 0 : Date.now() - current.since);
      if (lives.length > 32) lives.shift();
      const restartInMs = restartDelay(lives);
      if (status !== undefined) onEvent({event: 'exited', service: name, status, restartInMs});
      current = undefined;
      await delay(restartInMs, undefined, {signal: stopping.signal}).catch(() => undefined);
      try {
        if (!isStopping()) current = await start();
      } catch (error) {
        if (!isStopping())
          onEvent({event: 'restart-failed', service: name, error, restartInMs: restartDelay([...lives, 0])});
      }
    }
  };
  const watching = watch();
  return {
    async stop() {
      stopping.abort();
      await current?.running.stop(options.graceMs);
      await watching;
      await current?.running.stop(options.graceMs);
      onEvent({event: 'stopped', service: name});
    },
  };
}
