import {Context} from '@temporalio/activity';
import type {ActivityInboundCallsInterceptor, WorkerInterceptors} from '@temporalio/worker';
import type {WaybillActivities} from '../src/contracts/activities.js';
import {WaybillError} from '../src/contracts/errors.js';
import type {TaskRecords} from '../src/worker/task-records.js';
import {toFailure} from './attempt.js';

/**
 * Comes with the activities: records each attempt for a successor, turns our errors into Temporal's, and marks the
 * attempt, so that activities in a worker without it refuse to run instead of breaking promises quietly.
 */
export class AttemptGuard {
  private readonly guarded = new WeakSet<Context>();

  constructor(private readonly records: TaskRecords) {}

  readonly interceptors: WorkerInterceptors = {
    activity: [(context) => ({inbound: this.inbound(context)})],
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
      answerCatalog: guarded(activities.answerCatalog),
      answerStore: guarded(activities.answerStore),
    };
  }

  private require(): void {
    if (this.guarded.has(Context.current())) return;
    throw new WaybillError(
      'worker.options-missing',
      'the activities run in a worker without the options that they came with',
    );
  }

  private inbound(context: Context): ActivityInboundCallsInterceptor {
    this.guarded.add(context);
    const {info} = context;
    const token = info.base64TaskToken;
    return {
      execute: async (input, next) => {
        const local = info.isLocal;
        if (!local)
          this.records.begin({
            token,
            activity: info.activityType,
            executionId: info.workflowExecution?.workflowId ?? '',
          });
        try {
          return await next(input);
        } catch (error) {
          throw toFailure(error);
        } finally {
          if (!local) this.records.end(token);
        }
      },
    };
  }
}
