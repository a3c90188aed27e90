import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  patched,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type {GenerationRef, OpenedExecution, RunEnd} from '../src/contracts/activities.js';
import {
  type ExecutionInput,
  type ExecutionRequest,
  type ExecutionResult,
  type ExecutionState,
  executionInput,
  type StageName,
} from '../src/contracts/execution.js';
import {INPUTS_SENT_SIGNAL, OPEN_UPDATE, STATE_QUERY} from '../src/contracts/names.js';
import {conclude, type ExecutionProgress, moveFailure} from '../src/contracts/outcome.js';
import {originOf} from '../src/contracts/origin.js';
import {keptWorkspace} from '../src/contracts/retry.js';
import {local, longActivities, shortActivities} from './activity-options.js';
import {failureFrom, isCancelled, isFinal, report} from './failures.js';
import {parseInput} from './input.js';
import {moveFiles} from './move.js';
import {countEnd, countStart} from './run-metrics.js';

export const openUpdate = defineUpdate<OpenedExecution>(OPEN_UPDATE);
export const inputsSentSignal = defineSignal(INPUTS_SENT_SIGNAL);
export const stateQuery = defineQuery<ExecutionState>(STATE_QUERY);

/** How often a lost command is run again where the caller chose `rerun`: a machine that loses it four times is broken. */
const MAX_RERUNS = 3;

/** Stages the inputs, runs the command, collects the outputs, and leaves nothing behind. */
export async function execution(request: ExecutionRequest): Promise<ExecutionResult> {
  const input = parseInput(executionInput, request);
  const run = new Execution(input);
  setHandler(openUpdate, () => run.open());
  setHandler(inputsSentSignal, () => run.markInputsSent());
  setHandler(stateQuery, () => run.state());
  return await run.toTheEnd();
}

class Execution {
  private readonly id = workflowInfo().workflowId;
  private opened: Promise<OpenedExecution> | undefined;
  private inputsSent = false;
  private stage: StageName = 'open';
  private progress: ExecutionProgress;
  private result: ExecutionResult | undefined;

  constructor(private readonly input: ExecutionInput) {
    this.progress = {
      executionId: this.id,
      target: input.target,
      generation: input.resume?.generation ?? 1,
      starts: 0,
      cancelled: false,
    };
  }

  /** Once, whoever asks first: the update of a client, or the workflow itself. */
  open(): Promise<OpenedExecution> {
    this.opened ??= this.openOnce();
    return this.opened;
  }

  markInputsSent(): void {
    this.inputsSent = true;
  }

  state(): ExecutionState {
    const {generation} = this.progress;
    return {stage: this.stage, generation, ...(this.result ? {result: this.result} : {})};
  }

  async toTheEnd(): Promise<ExecutionResult> {
    let opened: OpenedExecution | undefined;
    countStart();
    try {
      opened = await this.open();
      if (opened.ended === undefined) await this.stages(opened);
    } catch (error) {
      if (isCancelled(error)) this.progress = {...this.progress, cancelled: true};
      else this.progress = {...this.progress, failure: this.progress.failure ?? failureFrom(error, this.stage)};
    }
    const result = opened?.ended ?? conclude(this.progress, new Date().toISOString());
    this.result = result;
    // An execution that was never opened has no record and no workspace: the id may be somebody else's.
    if (!opened || opened.ended) return this.end(result);
    const {taskQueue} = opened;
    const left = await CancellationScope.nonCancellable(() => this.finish(taskQueue, result));
    return this.end({...result, warnings: [...result.warnings, ...left]}, this.input.target);
  }

  private end(result: ExecutionResult, target?: string): ExecutionResult {
    const {outcome, failure} = result;
    countEnd({target, outcome, code: failure?.code, startedAt: workflowInfo().runStartTime.getTime()});
    return report(result);
  }

  private async openOnce(): Promise<OpenedExecution> {
    const request = {executionId: this.id, runId: workflowInfo().runId, input: this.input};
    try {
      return await local.openExecution(request);
    } catch (error) {
      if (isFinal(error) || isCancelled(error)) throw error;
      return await shortActivities('Open the execution').openExecution(request);
    }
  }

  private async stages(opened: OpenedExecution): Promise<void> {
    const {resume, uploaded, uploads} = this.input;
    if (resume?.after?.ended === false && patched('end-earlier')) await this.endEarlier(opened, resume.generation - 1);
    if (uploads && uploaded !== true && resume === undefined) await this.awaitInputs();
    for (let rerun = 0; ; rerun += 1) {
      if (!this.resumesAfter('stage') && (this.input.uploads || this.input.locations.length > 0))
        await this.stageInputs(opened);
      const run = await this.runCommand(opened);
      const again = run.end.outcome === 'lost' && this.input.onLost === 'rerun' && rerun < MAX_RERUNS;
      if (!again) break;
      await longActivities(opened.taskQueue, `Clean up generation ${this.progress.generation}`).cleanUp({
        ...this.ref(),
        keepWorkspace: false,
      });
      this.progress = {...this.progress, generation: this.progress.generation + 1};
    }
    const end = this.progress.run?.end.outcome;
    if (end === 'cancelled' || end === 'lost') return;
    this.enter('collect', 'Collecting outputs');
    this.progress = {...this.progress, collected: await moveFiles(this.moveRequest('collect'), opened.taskQueue)};
  }

  /** Of a run that was terminated in Temporal: nothing has ended its command. */
  private async endEarlier({taskQueue}: OpenedExecution, generation: number): Promise<void> {
    this.enter('stage', 'Ending what an earlier run has left');
    const activities = longActivities(taskQueue, `Clean up generation ${generation}`);
    // A cancellation too must leave nothing of it running.
    await CancellationScope.nonCancellable(() => activities.cleanUp({...this.ref(), generation, keepWorkspace: false}));
  }

  private async awaitInputs(): Promise<void> {
    this.enter('upload', 'Waiting for the inputs of the caller');
    const arrived = await condition(() => this.inputsSent, this.input.uploadDeadlineMs);
    if (!arrived) {
      throw ApplicationFailure.nonRetryable(
        `the inputs had not arrived after ${this.input.uploadDeadlineMs / 1000} s`,
        'execution.inputs-missing',
      );
    }
  }

  private async stageInputs(opened: OpenedExecution): Promise<void> {
    this.enter('stage', 'Staging inputs');
    const staged = await moveFiles(this.moveRequest('stage'), opened.taskQueue);
    this.progress = {...this.progress, staged};
    // A command without all of its inputs would produce wrong results: it is not started.
    const failure = moveFailure(staged, 'stage');
    if (failure) throw ApplicationFailure.nonRetryable(failure.message, failure.code);
  }

  private async runCommand(opened: OpenedExecution): Promise<RunEnd> {
    this.enter('run', `Running ${this.input.command[0] ?? ''}`);
    const run = await longActivities(opened.taskQueue, `Run on ${this.input.target}`).runCommand({
      ...this.ref(),
      command: this.input.command,
      environment: this.input.environment,
      secrets: this.input.secrets,
      ...(this.input.timeoutMs === undefined ? {} : {timeoutMs: this.input.timeoutMs}),
    });
    const started = run.startedAt === undefined ? 0 : 1;
    this.progress = {...this.progress, run, starts: this.progress.starts + started};
    return run;
  }

  /** The catalog and the target do not wait for each other. Neither failing changes how the execution ended. */
  private async finish(taskQueue: string, result: ExecutionResult): Promise<ExecutionResult['warnings']> {
    this.enter('finish', `${result.outcome}: ${result.failure?.message ?? 'all outputs are in the store'}`);
    const keepWorkspace = keptWorkspace(result);
    const steps = await Promise.allSettled([
      shortActivities('Record the outcome').recordEnd({ref: this.ref(), result}),
      longActivities(taskQueue, `Clean up on ${this.input.target}`).cleanUp({...this.ref(), keepWorkspace}),
    ]);
    return steps.flatMap((step) => {
      if (step.status === 'fulfilled') return [];
      const {code, message} = failureFrom(step.reason, 'finish');
      return [{name: this.id, code, message}];
    });
  }

  private resumesAfter(stage: 'stage'): boolean {
    const from = this.input.resume?.from;
    return from !== undefined && from !== stage && this.progress.generation === this.input.resume?.generation;
  }

  private enter(stage: StageName, details: string): void {
    this.stage = stage;
    setCurrentDetails(details);
  }

  private ref(): GenerationRef {
    const {generation} = this.progress;
    return {executionId: this.id, generation, target: this.input.target, origin: originOf(this.input, this.id)};
  }

  private moveRequest(direction: 'stage' | 'collect') {
    const {uploads, locations, outputs, required, keepFor, keepOutputs} = this.input;
    const kept = {...(keepFor === undefined ? {} : {keepFor}), ...(keepOutputs === undefined ? {} : {keepOutputs})};
    return {...this.ref(), direction, uploads, locations, outputs, required, kept};
  }
}
