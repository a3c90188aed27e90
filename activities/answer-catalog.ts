import type {WaybillActivities} from '../src/contracts/activities.js';
import type {CatalogAnswer} from '../src/contracts/catalog.js';
import {WaybillError} from '../src/contracts/errors.js';
import {decideRetry} from '../src/contracts/retry.js';
import {readRecord} from './batches/batch-journal.js';
import {outcomesSince} from './batches/outcomes-of-batch.js';
import type {ActivityDeps} from './deps.js';
import {exemptOutputs} from './exempt-outputs.js';
import {writeStoredExecution} from './stored-execution.js';
import {outcomesPage} from './transfers/outcomes-page.js';

/** Answers one question of a client that reaches Temporal and nothing else. */
export function answerCatalog({
  catalog,
  leftoverDays,
  lifecycle,
  store,
  targets,
  ticket,
}: ActivityDeps): WaybillActivities['answerCatalog'] {
  return async (question): Promise<CatalogAnswer> => {
    switch (question.ask) {
      case 'execution': {
        const [execution, basis] = await Promise.all([
          catalog.getExecution(question.executionId),
          catalog.getRetryBasis(question.executionId),
        ]);
        return {
          ask: 'execution',
          ...(execution ? {execution} : {}),
          ...(basis?.lastResult ? {result: basis.lastResult} : {}),
        };
      }
      case 'retry': {
        const basis = await catalog.getRetryBasis(question.executionId);
        if (!basis) throw notFound(question.executionId);
        const {request, lastResult, lastRunId} = basis;
        const decision = decideRetry(request, lastResult, {now: Date.now(), leftoverDays, lastRunId});
        if (decision.decision === 'retry') return {ask: 'retry', request: decision.request};
        throw new WaybillError('input.invalid', `${question.executionId} cannot be retried: ${decision.reason}`, {
          path: question.executionId,
          remedy: `See \`waybill status ${question.executionId}\`.`,
        });
      }
      case 'executions':
        return {
          ask: 'executions',
          ...(await catalog.listExecutions({
            limit: question.limit ?? 100,
            ...after(question),
            ...(question.batch === undefined ? {} : {batch: question.batch}),
          })),
        };
      case 'artifacts': {
        const {executionId, kind} = question;
        return {
          ask: 'artifacts',
          ...(await catalog.listArtifacts({executionId, kind, limit: question.limit ?? 100, ...after(question)})),
        };
      }
      case 'find-artifacts': {
        const {ask, limit = 100, after: from, ...search} = question;
        return {ask, ...(await catalog.findArtifacts({...search, limit, ...after({after: from})}))};
      }
      case 'keep': {
        const {executionId, keepFor, at} = question;
        const kept = await catalog.keepExecution({
          executionId,
          keepMs: keepFor === 'forever' ? null : keepFor,
          ...(at === undefined ? {} : {at}),
        });
        // Before the answer: whoever is told that it is kept need not look after it.
        await exemptOutputs(lifecycle, executionId);
        await writeStoredExecution(store, catalog, executionId);
        return {ask: 'keep', ...kept};
      }
      case 'usage':
        return {ask: 'usage', usage: await catalog.usage()};
      case 'ticket': {
        if (!(await catalog.getExecution(question.executionId))) throw notFound(question.executionId);
        return {ask: 'ticket', ticket};
      }
      case 'outcomes': {
        const {transferId, failed = false, limit = 100} = question;
        return {ask: 'outcomes', ...(await outcomesPage(store, transferId, {failed, limit, ...after(question)}))};
      }
      case 'batch': {
        const batch = await readRecord(store, question.batchId);
        return {ask: 'batch', ...(batch ? {batch} : {})};
      }
      case 'batch-outcomes': {
        const {batchId, limit = 100} = question;
        return {ask: 'batch-outcomes', ...(await outcomesSince(store, batchId, {limit, ...after(question)}))};
      }
      case 'targets':
        return {ask: 'targets', targets: [...targets.summaries()]};
      case 'check-target':
        return {ask: 'check-target', checks: [...(await targets.check(question.target))]};
    }
  };
}

function after({after}: {readonly after?: string | undefined}) {
  return after === undefined ? {} : {after};
}

function notFound(executionId: string): WaybillError {
  return new WaybillError('execution.not-found', `no execution ${executionId} is known`, {path: executionId});
}
