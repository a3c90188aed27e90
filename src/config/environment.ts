import type {Environment} from './directories.js';
import {configurationFields, isRecord, leaves, type Field} from './fields.js';

/** Overrides that other programs define too, and that are therefore read under their own names only. */
const foreignNames: Readonly<Record<string, string>> = {
  'temporal.address': 'TEMPORAL_ADDRESS',
  'temporal.namespace': 'TEMPORAL_NAMESPACE',
};

/** `targets.big-box.maxConcurrentExecutions` is overridden by `WAYBILL_TARGETS_BIG_BOX_MAX_CONCURRENT_EXECUTIONS`. */
export function overrideName(path: readonly string[]): string {
  const foreign = foreignNames[path.join('.')];
  if (foreign !== undefined) return foreign;
  return ['WAYBILL', ...path]
    .map((step) =>
      step
        .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
        .replace(/[^A-Za-z0-9]/g, '_')
        .toUpperCase(),
    )
    .join('_');
}

export interface Override {
  readonly path: readonly string[];
  readonly variable: string;
  readonly value: unknown;
}

/** What the environment says about the fields that `data` has or could have. An empty variable counts as not set. */
export function environmentOverrides(data: unknown, environment: Environment): readonly Override[] {
  const overrides: Override[] = [];
  for (const {path, field} of leaves(data)) {
    const variable = overrideName(path);
    const text = environment[variable];
    if (text !== undefined && text !== '') overrides.push({path, variable, value: readAs(field, text)});
  }
  return overrides;
}

/**
 * Every variable that a configuration with the targets and stores of `data` may be given, also for a kind that it does
 * not have, and those that its fields name.
 */
export function* variablesOf(
  data: unknown,
  field: Field = configurationFields(),
  path: readonly string[] = [],
): Generator<string> {
  const extra = field.additionalProperties;
  if (field.oneOf !== undefined) {
    for (const variant of field.oneOf) yield* variablesOf(data, variant, path);
  } else if (field.properties !== undefined) {
    for (const [name, property] of Object.entries(field.properties)) {
      yield* variablesOf(isRecord(data) ? data[name] : undefined, property, [...path, name]);
    }
  } else if (extra !== undefined && extra !== false && extra.oneOf !== undefined) {
    for (const [name, value] of Object.entries(isRecord(data) ? data : {})) {
      yield* variablesOf(value, extra, [...path, name]);
    }
  } else {
    yield overrideName(path);
    if (field.environmentName !== true) return;
    for (const name of [field.default, data].flat()) if (typeof name === 'string') yield name;
  }
}

/** A text that does not fit its field is left as it is, for the schema to refuse. */
function readAs(field: Field, text: string): unknown {
  if (field.anyOf !== undefined) return text === 'true' ? true : text === 'false' ? false : text;
  switch (field.type) {
    case 'integer':
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'array':
      return text.split(',').map((item) => item.trim());
    case 'object': {
      const pairs = text.split(',').map((item) => /^([^=]+)=(.*)$/s.exec(item)?.slice(1));
      return pairs.includes(undefined)
        ? text
        : Object.fromEntries(pairs.map(([name = '', value] = []) => [name, value]));
    }
    default:
      return text;
  }
}
