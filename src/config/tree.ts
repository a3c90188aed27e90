import {isRecord} from './fields.js';

/** A copy of `data` with `value` at `path`; what lies in the way and is no mapping is left, for the schema to refuse. */
export function withValue(data: unknown, path: readonly string[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (data !== undefined && !isRecord(data)) return data;
  return {...data, [step]: withValue(data?.[step], rest, value)};
}

export function valueAt(data: unknown, path: readonly (string | number)[]): unknown {
  let value = data;
  for (const step of path) value = isRecord(value) ? value[step] : undefined;
  return value;
}
