import type {WorkerInterceptors} from '@temporalio/worker';
import type {WorkerConfiguration} from '../src/config/schema.js';
import type {WaybillActivities} from '../src/contracts/activities.js';
import {type WaybillWorkerOptions, workerOptions} from '../src/worker/options.js';
import {answerCatalog} from './answer-catalog.js';
import {awaitExecutions} from './batches/await-executions.js';
import {closeBatch} from './batches/close-batch.js';
import {keepBatchOutcomes} from './batches/keep-batch-outcomes.js';
import {openBatch} from './batches/open-batch.js';
import {readBatchPage} from './batches/read-batch-page.js';
import {cleanUp} from './clean-up.js';
import {closeMove} from './close-move.js';
import type {ActivityDeps} from './deps.js';
import {AttemptGuard} from './guard.js';
import {issueTickets} from './issue-tickets.js';
import {moveSegment} from './move-segment.js';
import {openExecution} from './open-execution.js';
import {planMove} from './plan-move.js';
import {recordEnd} from './record-end.js';
import {runCommand} from './run-command.js';
import {closeSweep, openSweep} from './retention/open-sweep.js';
import {sweepExpired} from './retention/sweep-expired.js';
import {sweepLeftovers} from './retention/sweep-leftovers.js';
import {answerStore} from './stores/answer-store.js';
import {cleanUpTransfer} from './transfers/clean-up-transfer.js';
import {closeTransfer} from './transfers/close-transfer.js';
import {copySegment} from './transfers/copy-segment.js';
import {openTransfer} from './transfers/open-transfer.js';
import {planTransfer} from './transfers/plan-transfer.js';

export type {ActivityDeps} from './deps.js';

export interface CreatedActivities {
  readonly activities: WaybillActivities;
  /** To be spread into the options of `Worker.create`: the activities refuse to run in a worker without them. */
  readonly workerOptions: WaybillWorkerOptions & {readonly interceptors: WorkerInterceptors};
}

/** The activities with what they need, and the worker options without which their promises would not hold. */
export function createActivities(deps: ActivityDeps, settings: WorkerConfiguration): CreatedActivities {
  const guard = new AttemptGuard(deps.records, deps.telemetry.log);
  const activities: WaybillActivities = {
    openExecution: openExecution(deps),
    planMove: planMove(deps),
    moveSegment: moveSegment(deps),
    closeMove: closeMove(deps),
    runCommand: runCommand(deps),
    recordEnd: recordEnd(deps),
    cleanUp: cleanUp(deps),
    openTransfer: openTransfer(deps),
    planTransfer: planTransfer(deps),
    copySegment: copySegment(deps),
    closeTransfer: closeTransfer(deps),
    cleanUpTransfer: cleanUpTransfer(deps),
    openSweep: openSweep(deps),
    sweepExpired: sweepExpired(deps),
    sweepLeftovers: sweepLeftovers(deps),
    closeSweep: closeSweep(deps),
    answerCatalog: answerCatalog(deps),
    answerStore: answerStore(deps),
    issueTickets: issueTickets(deps),
    openBatch: openBatch(deps),
    readBatchPage: readBatchPage(deps),
    keepBatchOutcomes: keepBatchOutcomes(deps),
    awaitExecutions: awaitExecutions(deps),
    closeBatch: closeBatch(deps),
  };
  return {
    activities: guard.protect(activities),
    workerOptions: {...workerOptions(settings), interceptors: guard.interceptors},
  };
}
