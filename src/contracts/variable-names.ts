import {nearest} from './nearest-name.js';

const PREFIX = /^WAYBILL_/;

/** What the programs read besides the configuration's fields, what they set for commands, and Temporal's own names. */
const programVariables: readonly string[] = [
  'TEMPORAL_ADDRESS',
  'TEMPORAL_NAMESPACE',
  'TEMPORAL_API_KEY',
  'WAYBILL_CODE_CACHE',
  'WAYBILL_CONFIG',
  'WAYBILL_COOKIE',
  'WAYBILL_DEBUG',
  'WAYBILL_EXECUTION_ID',
  'WAYBILL_TEMPORAL_PAYLOAD_CODEC',
];

/** Secrets of commands, and what the tests and the benchmarks are told. */
const KNOWN_GROUP = /^WAYBILL_(BENCH|CONTRACT|FAULT|SECRET|TEST)_/;

export interface UnknownVariable {
  readonly variable: string;
  /** The known name that it is a slip of; undefined where none is near. */
  readonly meant: string | undefined;
}

/** The variables `WAYBILL_…` that are set, and that neither the programs nor `known` have. An empty one counts as not set. */
export function unknownVariables(
  environment: Readonly<Record<string, string | undefined>>,
  known: Iterable<string> = [],
): readonly UnknownVariable[] {
  const names = new Set([...programVariables, ...known]);
  // Without the prefix, which all share: WAYBILL_TEMPORAL_ADDRESS is TEMPORAL_ADDRESS.
  const stems = new Map([...names].map((name) => [name.replace(PREFIX, ''), name]));
  return Object.keys(environment)
    .filter((name) => PREFIX.test(name) && !KNOWN_GROUP.test(name) && !names.has(name) && environment[name] !== '')
    .map((variable) => {
      const stem = nearest(variable.replace(PREFIX, ''), [...stems.keys()]);
      return {variable, meant: stem === undefined ? undefined : stems.get(stem)};
    });
}

/** A line for each of `unknown` that is a slip of a known name. */
export function misspelt(unknown: readonly UnknownVariable[]): readonly string[] {
  return unknown
    .filter(({meant}) => meant !== undefined)
    .map(({variable, meant}) => `environment variable ${variable}: unknown (did you mean \`${meant}\`?)`);
}
