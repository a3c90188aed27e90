import {WaybillError} from '../../contracts/errors.js';
import {isRelativeName} from '../../contracts/execution.js';

const MAX_COMPONENT_BYTES = 255;

/** Returns `name` where every side can hold it exactly; rejects with `name.not-carried` otherwise. */
export function carriedName(name: string, path: string): string {
  const why = refusal(name);
  if (why === undefined) return name;
  throw new WaybillError('name.not-carried', `${JSON.stringify(name)} ${why}.`, {path});
}

function refusal(name: string): string | undefined {
  if (name.includes('\0')) return 'holds a NUL';
  if (!isRelativeName(name)) return 'is no name below the working directory';
  if (/\p{Surrogate}/u.test(name)) return 'is not well-formed Unicode';
  const long = name.split('/').find((component) => Buffer.byteLength(component) > MAX_COMPONENT_BYTES);
  return long === undefined ? undefined : `has a component of more than ${MAX_COMPONENT_BYTES} bytes`;
}
