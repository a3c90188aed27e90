import {nearest} from './nearest-name.js';

const PREFIX = /^WAYBILL_/;

/** What the programs read besides the configuration's fields, and Temporal's own names. */
const programVariables: readonly string[] = [
  'TEMPORAL_ADDRESS',
  'TEMPORAL_NAMESPACE',
  'TEMPORAL_API_KEY',
  'WAYBILL_CODE_CACHE',
  'WAYBILL_CONFIG',
  'WAYBILL_DEBUG',
  'WAYBILL_TEMPORAL_PAYLOAD_CODEC',
];

/** What the programs set for commands: nothing reads it, so that nothing is a slip of it. */
const setVariables: readonly string[] = ['WAYBILL_COOKIE', 'WAYBILL_EXECUTION_ID'];

/** It keeps a process from starting, where a hint only has to be useful: WAYBILL_STORE_PORT is what Kubernetes sets. */
const SLIP = (): number => 2;

/** By any name that says so: without its codec a client would send in the clear what is meant to be encrypted. */
const CODEC = /^(?!WAYBILL_(STORES|TARGETS)_).*_CODECS?$/;

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
  const read = new Set([...programVariables, ...known]);
  const names = new Set([...read, ...setVariables]);
  // Without the prefix, which all share: WAYBILL_TEMPORAL_ADDRESS is TEMPORAL_ADDRESS.
  const stems = new Map([...read].map((name) => [name.replace(PREFIX, ''), name]));
  return Object.keys(environment)
    .filter((name) => PREFIX.test(name) && !KNOWN_GROUP.test(name) && !names.has(name) && environment[name] !== '')
    .map((variable) => {
      if (CODEC.test(variable)) return {variable, meant: 'WAYBILL_TEMPORAL_PAYLOAD_CODEC'};
      const stem = nearest(variable.replace(PREFIX, ''), [...stems.keys()], SLIP);
      return {variable, meant: stem === undefined ? undefined : stems.get(stem)};
    });
}

/** A line for each of `unknown` that is a slip of a known name. */
export function misspelt(unknown: readonly UnknownVariable[]): readonly string[] {
  return unknown
    .filter(({meant}) => meant !== undefined)
    .map(({variable, meant}) => `environment variable ${variable}: unknown (did you mean \`${meant}\`?)`);
}
