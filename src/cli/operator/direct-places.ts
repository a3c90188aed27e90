import {mkdir} from 'node:fs/promises';
import {resolve} from 'node:path';
import type {Environment} from '../../config/directories.js';
import {loadConfiguration} from '../../config/load.js';
import type {Configuration} from '../../config/schema.js';
import {splitLocation} from '../../contracts/transfer.js';
import {openLocalStore} from '../../stores/local/store.js';
import type {Store} from '../../stores/store.js';
import {DestinationClaims} from '../../transfer/claims/destination-claims.js';
import type {CopyPlace} from '../../transfer/copy/locate.js';
import {livingHolders} from '../../worker/claim-holders.js';
import {copyPlace} from '../../worker/copy-place.js';
import {openDefaultStore} from '../../worker/default-store.js';
import type {PlaceOptions} from '../../worker/targets.js';
import {openTargetRegistry} from '../../worker/target-registry.js';
import type {CliContext, StopSignal} from '../context.js';

/** The places that a command in this process names: this machine's own paths, and NAME:PATH as a worker here has them. */
export interface DirectPlaces {
  place(text: string, options?: PlaceOptions): Promise<CopyPlace>;
  /** The root of the store that a place is in, absolute on its side. */
  storeRoot(text: string): Promise<string>;
  /** Which copy writes where, together with the worker that has this default store. */
  claims(): Promise<DestinationClaims>;
  /** Fires on SIGINT, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export async function openDirectPlaces({cwd, environment, signals}: CliContext): Promise<DirectPlaces> {
  const {configuration} = await loadConfiguration({directory: cwd, environment});
  const targets = openTargetRegistry(configuration, environment);
  const here = openLocalStore({name: 'this machine', root: '/'});
  let journal: Store | undefined;
  const stop = new AbortController();
  const interrupt = () => stop.abort(new Error('interrupted'));
  for (const signal of SIGNALS) signals.on(signal, interrupt);
  return {
    place: async (text, options) => {
      if (splitLocation(text) !== undefined) return copyPlace(targets, text, stop.signal, options);
      // `.` and `..` name what is in them, as a trailing slash does.
      const slash = /(?:^|\/)\.{0,2}$/.test(text) ? '/' : '';
      return {store: here, key: 'here', path: `${resolve(cwd, text)}${slash}`, shown: (path) => `/${path}`};
    },
    storeRoot: async (text) =>
      splitLocation(text) === undefined ? '/' : (await targets.location(text, stop.signal)).root,
    claims: async () => {
      journal ??= await openJournal(configuration, environment);
      return new DestinationClaims(
        journal,
        // Only Temporal knows of a workflow that has ended without giving its claim back; the sweep of a worker asks it.
        livingHolders(() => Promise.resolve(true)),
      );
    },
    signal: stop.signal,
    close: async () => {
      for (const signal of SIGNALS) signals.off(signal, interrupt);
      await Promise.all([targets.close(), here.close(), journal?.close()]);
    },
  };
}

/** The default store. A directory of another host does for claims: nothing of it is swept from here. */
async function openJournal(configuration: Configuration, environment: Environment): Promise<Store> {
  const {store: settings} = configuration;
  if (settings.kind === 's3') return (await openDefaultStore(configuration, environment)).store;
  // As a worker makes it: what lies there is this user's alone.
  await mkdir(settings.path, {recursive: true, mode: 0o700});
  return openLocalStore({name: 'store', root: settings.path});
}
