import {Context} from '@temporalio/activity';
import type {
  ActivityInboundCallsInterceptor,
  ActivityOutboundCallsInterceptor,
  WorkerInterceptors,
} from '@temporalio/worker';
import type {Logger} from 'pino';
import {z} from 'zod';
import type {WaybillActivities} from '../src/contracts/activities.js';
import {isWaybillError, WaybillError} from '../src/contracts/errors.js';
import {workflowNames} from '../src/contracts/names.js';
import {originIn, originOf} from '../src/contracts/origin.js';
import type {TaskRecords} from '../src/worker/task-records.js';
import {toFailure} from './attempt.js';

/** Where the run comes from is in the origin of what an activity is asked for, or in the input of the workflow. */
const origin = z.unknown().optional();
const request = z.object({origin, ref: z.object({origin}).optional(), input: z.unknown().optional()});

const runs: readonly string[] = [workflowNames.execution, workflowNames.transfer, workflowNames.batch];

/**
 * Comes with the activities: records each attempt for a successor, turns our errors into Temporal's, and marks the
 * attempt, so that activities in a worker without it refuse to run instead of breaking promises quietly. Logs how each
 * attempt ended, and gives the lines of the SDK the correlation id too.
 */
export class AttemptGuard {
  private readonly guarded = new WeakSet<Context>();

  constructor(
    private readonly records: TaskRecords,
    private readonly log: Logger,
  ) {}

  readonly interceptors: WorkerInterceptors = {
    activity: [
      (context) => {
        const ids = {correlationId: context.info.workflowExecution?.workflowId ?? ''};
        const outbound: ActivityOutboundCallsInterceptor = {
          getLogAttributes: (attributes, next) => ({...next(attributes), ...ids}),
        };
        return {inbound: this.inbound(context, ids), outbound};
      },
    ],
  };

  /** The same activities, which reject with `worker.options-missing` in a worker that lacks the interceptors. */
  protect(activities: WaybillActivities): WaybillActivities {
    const guarded =
      <A extends unknown[], R>(run: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        this.require();
        return await run(...args);
      };
    return {
      openExecution: guarded(activities.openExecution),
      planMove: guarded(activities.planMove),
      moveSegment: guarded(activities.moveSegment),
      closeMove: guarded(activities.closeMove),
      runCommand: guarded(activities.runCommand),
      recordEnd: guarded(activities.recordEnd),
      cleanUp: guarded(activities.cleanUp),
      openTransfer: guarded(activities.openTransfer),
      planTransfer: guarded(activities.planTransfer),
      copySegment: guarded(activities.copySegment),
      closeTransfer: guarded(activities.closeTransfer),
      cleanUpTransfer: guarded(activities.cleanUpTransfer),
      openSweep: guarded(activities.openSweep),
      sweepExpired: guarded(activities.sweepExpired),
      sweepLeftovers: guarded(activities.sweepLeftovers),
      closeSweep: guarded(activities.closeSweep),
      answerCatalog: guarded(activities.answerCatalog),
      answerStore: guarded(activities.answerStore),
      issueTickets: guarded(activities.issueTickets),
      openBatch: guarded(activities.openBatch),
      readBatchPage: guarded(activities.readBatchPage),
      keepBatchOutcomes: guarded(activities.keepBatchOutcomes),
      awaitExecutions: guarded(activities.awaitExecutions),
      closeBatch: guarded(activities.closeBatch),
    };
  }

  private require(): void {
    if (this.guarded.has(Context.current())) return;
    throw new WaybillError(
      'worker.options-missing',
      'the activities run in a worker without the options that they came with',
    );
  }

  private inbound(context: Context, ids: {correlationId: string}): ActivityInboundCallsInterceptor {
    this.guarded.add(context);
    const {info} = context;
    const token = info.base64TaskToken;
    const run = info.workflowExecution?.workflowId ?? '';
    return {
      execute: async (input, next) => {
        const asked = request.safeParse(input.args[0]).data;
        ids.correlationId = originOf(originIn(asked?.origin ?? asked?.ref?.origin ?? asked?.input), run).correlationId;
        const startedAt = performance.now();
        const ended = () => ({
          ...{...ids, run, step: info.activityType, attempt: info.attempt},
          durationMs: Math.round(performance.now() - startedAt),
        });
        // Questions come by the hundred, and move nothing.
        const level = runs.includes(info.workflowType ?? '') ? 'info' : 'debug';
        const local = info.isLocal;
        if (!local) this.records.begin({token, activity: info.activityType, executionId: run});
        try {
          const result = await next(input);
          this.log[level](ended(), 'step ended');
          return result;
        } catch (error) {
          const code = isWaybillError(error) ? {code: error.code} : {};
          this.log[level]({...ended(), ...code}, 'attempt ended without the step');
          throw toFailure(error);
        } finally {
          if (!local) this.records.end(token);
        }
      },
    };
  }
}
