import {ApplicationFailure, continueAsNew, ContinueAsNew, setCurrentDetails, workflowInfo} from '@temporalio/workflow';
import type {WorkspacesOf} from '../src/contracts/activities.js';
import {
  agreedTime,
  MOST_LEFT,
  RETENTION_NOTES,
  type RetentionInput,
  retentionInput,
  type RetentionNote,
  type RetentionRequest,
  type RetentionResult,
} from '../src/contracts/retention.js';
import {sweepActivities, workspaceActivities} from './activity-options.js';
import {failureFrom, isCancelled} from './failures.js';
import {parseInput} from './input.js';

/** What a run hands to the one that continues it. */
interface Continuation {
  readonly sweepId: string;
  readonly cutoff: string;
  readonly workspacesGone: readonly string[];
  readonly left: readonly RetentionNote[];
  /** Workspaces that stayed, by target. */
  readonly failures?: Readonly<Record<string, number>>;
}

/** A target on which so many workspaces stayed is away: its others wait, so that they keep no other target's here. */
const FAILURES_OF_TARGET = 10;
/** Workspaces that are removed at once. */
const AT_ONCE = 10;

/** Removes what has expired, or what somebody wants gone: files, workspaces, journals, records. */
export async function retention(request?: RetentionRequest, continued?: Continuation): Promise<RetentionResult> {
  const input = parseInput(retentionInput, request ?? {});
  const sweepId = workflowInfo().firstExecutionRunId;
  try {
    const state = continued ?? (await open(sweepId, input));
    const left = await sweep(input, state);
    if (!input.executionIds) await sweepActivities('What belongs to nothing').sweepLeftovers(state);
    const removed = await sweepActivities('Close the sweep').closeSweep({sweepId});
    setCurrentDetails(
      `removed ${removed.executions} executions, ${removed.artifacts} files; ${left.length} stay for now`,
    );
    return {version: 1, cutoff: state.cutoff, removed, left: left.slice(0, RETENTION_NOTES)};
  } catch (error) {
    if (error instanceof ContinueAsNew || isCancelled(error)) throw error;
    const {message} = failureFrom(error, 'finish');
    await sweepActivities('Close the sweep').closeSweep({sweepId, failure: message});
    throw error;
  }
}

/** Nothing expires by the word of one clock alone. */
async function open(sweepId: string, {executionIds}: RetentionInput): Promise<Continuation> {
  const before = Date.now();
  const {time} = await sweepActivities('Open the sweep').openSweep({
    sweepId,
    ...(executionIds === undefined ? {} : {executionIds}),
  });
  const clocks = agreedTime({before, database: Date.parse(time), after: Date.now()});
  // What somebody wants gone goes whatever the time is.
  const agreed = 'agreed' in clocks ? clocks.agreed : executionIds === undefined ? undefined : before;
  if (agreed !== undefined) {
    return {sweepId, cutoff: new Date(agreed).toISOString(), workspacesGone: [], left: []};
  }
  const seconds = Math.round(('differ' in clocks ? clocks.differ : 0) / 1000);
  throw ApplicationFailure.nonRetryable(
    `the clock of PostgreSQL is ${seconds} s from that of Temporal: nothing was removed`,
    'retention.clocks-differ',
  );
}

async function sweep(input: RetentionInput, state: Continuation): Promise<readonly RetentionNote[]> {
  const {sweepId, cutoff} = state;
  let {workspacesGone, left} = state;
  const failures = new Map(Object.entries(state.failures ?? {}));
  const isAway = (target: string) => (failures.get(target) ?? 0) >= FAILURES_OF_TARGET;
  while (left.length < MOST_LEFT) {
    const swept = await sweepActivities('Remove what has expired').sweepExpired({
      ...{sweepId, cutoff, workspacesGone, passedOver: left.map(({name}) => name)},
      targetsAway: [...failures.keys()].filter(isAway),
      ...(input.executionIds === undefined ? {} : {executionIds: input.executionIds}),
    });
    left = [...left, ...swept.left];
    if (swept.workspaces.length === 0) break;
    const cleaned = await removeWorkspaces(swept.workspaces, failures, isAway);
    workspacesGone = cleaned.gone;
    left = [...left, ...cleaned.left];
    if (workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof retention>(input, {
        ...{sweepId, cutoff, workspacesGone, left},
        failures: Object.fromEntries(failures),
      });
    }
  }
  return left;
}

async function removeWorkspaces(
  workspaces: readonly WorkspacesOf[],
  failures: Map<string, number>,
  isAway: (target: string) => boolean,
): Promise<{readonly gone: readonly string[]; readonly left: readonly RetentionNote[]}> {
  const gone: string[] = [];
  const left: RetentionNote[] = [];
  const waiting = [...workspaces];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      if (isAway(next.target)) continue;
      try {
        await removeWorkspacesOf(next);
        gone.push(next.executionId);
      } catch (error) {
        if (isCancelled(error)) throw error;
        const {code, message} = failureFrom(error, 'finish');
        left.push({name: next.executionId, code, message});
        failures.set(next.target, (failures.get(next.target) ?? 0) + 1);
      }
    }
  };
  await Promise.all(Array.from({length: AT_ONCE}, lane));
  return {gone, left};
}

async function removeWorkspacesOf({executionId, target, taskQueue, generation}: WorkspacesOf): Promise<void> {
  const activities = workspaceActivities(taskQueue, `Workspace of ${executionId} on ${target}`);
  for (let each = 1; each <= generation; each += 1) {
    await activities.cleanUp({executionId, generation: each, target, keepWorkspace: false});
  }
}
