import {defineSearchAttributeKey, type SearchAttributePair} from '@temporalio/common';
import type {ExecutionRequest} from '../contracts/execution.js';
import {searchAttributes} from '../contracts/names.js';
import type {Session} from './connect.js';

const target = defineSearchAttributeKey(searchAttributes.target, 'KEYWORD');
const label = defineSearchAttributeKey(searchAttributes.label, 'KEYWORD');

const known = new WeakMap<Session['connection'], Promise<ReadonlySet<string>>>();

/** Those that this Temporal has: a workflow that is started with any other would be refused. */
export async function searchAttributesOf(
  session: Session,
  request: Pick<ExecutionRequest, 'target' | 'label'>,
): Promise<SearchAttributePair[]> {
  const names = await namesIn(session);
  const wanted: SearchAttributePair[] = [
    {key: target, value: request.target ?? 'local'},
    ...(request.label === undefined ? [] : [{key: label, value: request.label}]),
  ];
  return wanted.filter(({key}) => names.has(key.name));
}

/** Names of those, of what executions carry: for a workflow that starts executions itself. */
export async function searchAttributeNames(session: Session): Promise<string[]> {
  const names = await namesIn(session);
  return Object.values(searchAttributes).filter((name) => names.has(name));
}

function namesIn(session: Session): Promise<ReadonlySet<string>> {
  const {connection} = session;
  const asked = known.get(connection) ?? ask(session);
  known.set(connection, asked);
  return asked;
}

/** Where nobody may ask, there are none: runs go without them. */
async function ask({connection, namespace}: Session): Promise<ReadonlySet<string>> {
  try {
    const {customAttributes} = await connection.operatorService.listSearchAttributes({namespace});
    return new Set(Object.keys(customAttributes));
  } catch {
    return new Set();
  }
}
