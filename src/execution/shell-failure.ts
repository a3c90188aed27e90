import {type ErrorCode, WaybillError} from '../contracts/errors.js';
import type {ShellResult} from './shell.js';

/** What the programs of every system say where the disk or its owner keeps a script from its work. */
const reasons: readonly (readonly [RegExp, ErrorCode])[] = [
  [/permission denied|operation not permitted/i, 'store.permission-denied'],
  [/read-only file system/i, 'store.read-only'],
  [/no space left on device|disk quota exceeded/i, 'store.no-space'],
];

/** A script that ended badly, under the code of the reason that it gave, or `shell.failed`. */
export function shellFailure(what: string, result: ShellResult): WaybillError {
  const said = Buffer.from(result.stderr).toString().trim().slice(0, 2000);
  const code = reasons.find(([words]) => words.test(said))?.[1] ?? 'shell.failed';
  return new WaybillError(code, `${what} ended with status ${result.status}: ${said}`);
}
