import {WorkflowNotFoundError} from '@temporalio/client';
import {workflowNames} from '../contracts/names.js';
import type {Found} from './api.js';
import type {Session} from './connect.js';
import {translate} from './failures.js';

const kinds = ['execution', 'transfer', 'batch'] as const;

/** What Temporal knows under an ID; undefined where it knows nothing, or not any more. */
export async function findWorkflow({temporal}: Session, id: string): Promise<Found | undefined> {
  try {
    const {type, status} = await temporal.workflow.getHandle(id).describe();
    const running = status.name === 'RUNNING';
    const kind = kinds.find((each) => workflowNames[each] === type);
    return kind && {kind, running};
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw translate(error, id);
  }
}
