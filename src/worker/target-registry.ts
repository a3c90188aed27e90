import type {Environment} from '../config/directories.js';
import type {Configuration, S3StoreConfiguration, TargetConfiguration} from '../config/schema.js';
import type {TargetSummary} from '../contracts/catalog.js';
import {hasCode, WaybillError} from '../contracts/errors.js';
import type {OnProtocol} from '../stores/ssh/sessions.js';
import {allowedLocation} from './locations.js';
import {openLocalTarget} from './local-target.js';
import {openS3Place} from './s3-place.js';
import {openSshTarget} from './ssh-target.js';
import {type OpenedPlace, type OpenedTarget, type TargetRegistry, unknownTarget} from './targets.js';

export interface RegistryHooks {
  /** The file of the configuration where it was changed since it was read. */
  readonly changedFile?: () => string | undefined;
  /** Told which way the files of a target go, once for each of its stores, and what made SCP of SFTP. */
  readonly onProtocol?: (target: string, ...found: Parameters<OnProtocol>) => void;
}

/** The targets and stores of a configuration. Nothing is connected before its first use, and each is connected once. */
export function openTargetRegistry(
  configuration: Pick<Configuration, 'targets' | 'stores' | 'transfer' | 'temporal'>,
  environment: Environment,
  {changedFile = () => undefined, onProtocol = () => undefined}: RegistryHooks = {},
): TargetRegistry {
  const {targets, stores, transfer, temporal} = configuration;
  const openedTargets = new Map<string, OpenedTarget>();
  const openedStores = new Map<string, OpenedPlace>();
  // A record knows the names of its prototype, too, and a caller may ask for `constructor`.
  const places = new Map<string, TargetConfiguration | S3StoreConfiguration>([
    ...Object.entries(targets),
    ...Object.entries(stores),
  ]);
  const names = [...places.keys()];

  const anySettings = (name: string): TargetConfiguration | S3StoreConfiguration => {
    const found = places.get(name);
    if (!found) throw unlessChanged(unknownTarget(name, names));
    return found;
  };
  /** What is missing may be in the file by now. */
  const unlessChanged = (error: WaybillError): WaybillError => {
    const file = changedFile();
    if (file === undefined) return error;
    const remedy = `${file} was changed since the worker read it: start the worker again. It reads the file at its start alone.`;
    return new WaybillError(error.code, error.message, {cause: error, remedy, path: error.path ?? file});
  };
  const settings = (name: string): TargetConfiguration => {
    const of = anySettings(name);
    if (of.kind !== 's3') return of;
    throw new WaybillError('target.runs-no-commands', `${name} is a store of kind ${of.kind}`, {path: name});
  };
  const target = (name: string): OpenedTarget => {
    const of = settings(name);
    return opened(openedTargets, name, () =>
      of.kind === 'local'
        ? openLocalTarget(name, of)
        : openSshTarget(name, of, transfer, (...found) => onProtocol(name, ...found)),
    );
  };
  const place = (name: string): OpenedPlace => {
    const of = anySettings(name);
    return of.kind === 's3' ? opened(openedStores, name, () => openS3Place(name, of, environment)) : target(name);
  };
  const allowed = (location: string) => {
    const colon = location.indexOf(':');
    const name = location.slice(0, colon);
    const {kind, roots} = anySettings(name);
    const path = location.slice(colon + 1);
    try {
      if (kind !== 's3') return {name, ...allowedLocation(name, path, roots)};
      // A bucket has no current directory that a path could start at: all of them start at the prefix.
      const fromPrefix = roots.map((root) => `/${root}`);
      return {name, ...allowedLocation(name, `/${path}`, fromPrefix)};
    } catch (error) {
      if (hasCode(error, 'target.not-allowed')) throw unlessChanged(error);
      throw error;
    }
  };
  const summary = (name: string): TargetSummary => {
    const of = anySettings(name);
    return {
      ...{name, kind: of.kind, address: place(name).address, taskQueue: of.taskQueue ?? temporal.taskQueue},
      ...(of.kind === 's3'
        ? {}
        : {workspaceRoot: of.workspaceRoot, maxConcurrentExecutions: of.maxConcurrentExecutions}),
    };
  };

  return {
    settings,
    taskQueue: (name) => anySettings(name).taskQueue,
    connect: async (name, signal) => target(name).connect(signal),
    requireAllowed: allowed,
    location: async (location, signal, options) => {
      const {name, root, rest} = allowed(location);
      return {store: await place(name).storeAt(root, signal, options), path: rest, root};
    },
    summaries: () => names.map(summary),
    pools: () =>
      [...openedTargets].flatMap(([name, {poolStatus}]) => {
        const status = poolStatus?.();
        return status === undefined ? [] : [{target: name, status}];
      }),
    check: async (name, signal) => place(name).check(signal),
    close: async () => {
      await Promise.all([...openedTargets.values(), ...openedStores.values()].map((one) => one.close()));
    },
  };
}

function opened<Place>(places: Map<string, Place>, name: string, open: () => Place): Place {
  const known = places.get(name);
  if (known) return known;
  const made = open();
  places.set(name, made);
  return made;
}
