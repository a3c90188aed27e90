import type {Connection} from '@temporalio/client';
import {searchAttributes} from '../../contracts/names.js';

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API. */
const KEYWORD = 2;

export async function missingSearchAttributes(connection: Connection, namespace: string): Promise<readonly string[]> {
  const known = await connection.operatorService.listSearchAttributes({namespace});
  return Object.values(searchAttributes).filter((name) => known.customAttributes[name] === undefined);
}

export async function addSearchAttributes(
  connection: Connection,
  namespace: string,
  names: readonly string[],
): Promise<void> {
  const wanted = Object.fromEntries(names.map((name) => [name, KEYWORD]));
  await connection.operatorService.addSearchAttributes({namespace, searchAttributes: wanted});
}
