import type {TargetConfiguration} from '../src/config/schema.js';
import {WaybillError} from '../src/contracts/errors.js';
import type {ExecutionInput} from '../src/contracts/execution.js';
import type {TargetRegistry} from '../src/worker/targets.js';

/** Refuses what the configuration forbids, before a byte is moved (P8). Answers with the settings of the target. */
export function requireAllowed(
  targets: TargetRegistry,
  {locations, secrets, target}: Pick<ExecutionInput, 'locations' | 'secrets' | 'target'>,
): TargetConfiguration {
  const settings = targets.settings(target);
  const forbidden = secrets.find((name) => !settings.secrets.includes(name));
  if (forbidden !== undefined) {
    throw new WaybillError('secret.not-allowed', `the target ${target} may not be given the secret ${forbidden}`, {
      path: forbidden,
    });
  }
  for (const {from} of locations) targets.requireAllowed(from);
  return settings;
}
