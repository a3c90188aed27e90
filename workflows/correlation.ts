import type {WorkflowInterceptorsFactory} from '@temporalio/workflow';
import {originIn} from '../src/contracts/origin.js';

/** Gives what the SDK logs of a workflow the correlation id that the caller gave the run. */
export const interceptors: WorkflowInterceptorsFactory = () => {
  let correlationId: string | undefined;
  return {
    inbound: [
      {
        execute: (input, next) => {
          correlationId = originIn(input.args[0]).correlationId;
          return next(input);
        },
      },
    ],
    outbound: [
      {
        getLogAttributes: (attributes, next) => ({
          ...next(attributes),
          correlationId: correlationId ?? attributes['workflowId'],
        }),
      },
    ],
  };
};
