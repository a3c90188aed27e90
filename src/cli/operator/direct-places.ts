import {resolve} from 'node:path';
import {loadConfiguration} from '../../config/load.js';
import {splitLocation} from '../../contracts/transfer.js';
import {openLocalStore} from '../../stores/local/store.js';
import type {CopyPlace} from '../../transfer/copy/locate.js';
import {copyPlace} from '../../worker/copy-place.js';
import {openTargetRegistry} from '../../worker/target-registry.js';
import type {CliContext, StopSignal} from '../context.js';

/** The places that a command in this process names: this machine's own paths, and NAME:PATH as a worker here has them. */
export interface DirectPlaces {
  place(text: string): Promise<CopyPlace>;
  /** Fires on SIGINT, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export async function openDirectPlaces({cwd, environment, signals}: CliContext): Promise<DirectPlaces> {
  const {configuration} = await loadConfiguration({directory: cwd, environment});
  const targets = openTargetRegistry(configuration);
  const here = openLocalStore({name: 'this machine', root: '/'});
  const stop = new AbortController();
  const interrupt = () => stop.abort(new Error('interrupted'));
  for (const signal of SIGNALS) signals.on(signal, interrupt);
  return {
    place: async (text) => {
      if (splitLocation(text) !== undefined) return copyPlace(targets, text, stop.signal);
      // `.` and `..` name what is in them, as a trailing slash does.
      const slash = /(?:^|\/)\.{0,2}$/.test(text) ? '/' : '';
      return {store: here, key: 'here', path: `${resolve(cwd, text)}${slash}`};
    },
    signal: stop.signal,
    close: async () => {
      for (const signal of SIGNALS) signals.off(signal, interrupt);
      await Promise.all([targets.close(), here.close()]);
    },
  };
}
