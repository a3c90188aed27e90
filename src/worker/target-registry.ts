import type {Configuration, TargetConfiguration} from '../config/schema.js';
import type {TargetSummary} from '../contracts/catalog.js';
import {allowedLocation} from './locations.js';
import {openLocalTarget} from './local-target.js';
import {openSshTarget} from './ssh-target.js';
import {type OpenedTarget, type TargetRegistry, unknownTarget} from './targets.js';

/** The targets of a configuration. Nothing is connected before its first use, and each is connected once. */
export function openTargetRegistry(configuration: Configuration): TargetRegistry {
  const opened = new Map<string, OpenedTarget>();
  const names = Object.keys(configuration.targets);

  const settings = (name: string): TargetConfiguration => {
    const found = configuration.targets[name];
    if (!found) throw unknownTarget(name, names);
    return found;
  };
  const target = (name: string): OpenedTarget => {
    const known = opened.get(name);
    if (known) return known;
    const of = settings(name);
    const made = of.kind === 'local' ? openLocalTarget(name, of) : openSshTarget(name, of, configuration.transfer);
    opened.set(name, made);
    return made;
  };
  const allowed = (location: string) => {
    const colon = location.indexOf(':');
    const name = location.slice(0, colon);
    return {name, ...allowedLocation(name, location.slice(colon + 1), settings(name).roots)};
  };
  const summary = (name: string): TargetSummary => {
    const of = settings(name);
    return {
      name,
      kind: of.kind,
      address: target(name).address,
      workspaceRoot: of.workspaceRoot,
      taskQueue: of.taskQueue ?? configuration.temporal.taskQueue,
      maxConcurrentExecutions: of.maxConcurrentExecutions,
    };
  };

  return {
    settings,
    connect: (name, signal) => target(name).connect(signal),
    requireAllowed: (location) => void allowed(location),
    location: async (location, signal) => {
      const {name, root, rest} = allowed(location);
      return {store: await target(name).storeAt(root, signal), path: rest, root};
    },
    summaries: () => names.map(summary),
    check: (name, signal) => target(name).check(signal),
    close: async () => {
      await Promise.all([...opened.values()].map((one) => one.close()));
    },
  };
}
