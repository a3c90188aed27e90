import type {Environment} from './directories.js';
import {leaves, type Field} from './fields.js';

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
