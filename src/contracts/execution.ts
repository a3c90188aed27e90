import {z} from 'zod';
import {executionId, targetName} from './ids.js';
import {originFields} from './origin.js';

/** A name below the working directory of an execution: `/` between components, nothing that leaves it. */
export const relativeName = z.string().min(1).max(4096).refine(isRelativeName, 'must stay below the working directory');

/** True for a path of one or more components, none of them empty, `.` or `..`, with no NUL. */
export function isRelativeName(name: string): boolean {
  return (
    name !== '' && !name.includes('\0') && name.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a name that a shell accepts');

/** An input that the worker fetches itself, from a store of its configuration. */
export const locationInput = z.object({
  /** Where it is put, below the working directory. */
  name: relativeName,
  /** `NAME:path` at the worker's side: a file, or a directory with everything in it. */
  from: z.string().regex(/^[^:]+:.+$/, 'must be NAME:path'),
});

/** What to do when the process is gone and left no exit status: the machine was restarted, or the process killed from outside. */
export const onLost = z.enum(['fail', 'rerun']);

/** At most a hundred years: what is kept longer is kept for ever. */
const MOST_KEPT_MS = 36_500 * 86_400_000;

/** How long something is kept, in milliseconds, or for ever. */
export const keepFor = z.union([z.number().int().positive().max(MOST_KEPT_MS), z.literal('forever')]);
export type KeepFor = z.infer<typeof keepFor>;

/** The input of the workflow `execution`: version 1. Fields are only ever added, and are optional then. */
export const executionInput = z.object({
  version: z.literal(1).default(1),
  /** For people; shown in lists and in the Temporal UI. */
  label: z.string().max(200).optional(),
  ...originFields,
  target: targetName.default('local'),
  /** The command and its arguments: never given to a shell. */
  command: z
    .array(z.string().refine((argument) => !argument.includes('\0'), 'must not hold NUL'))
    .min(1)
    .max(4096),
  /** Whether the caller sends files of its own with a ticket before anything is staged. */
  uploads: z.boolean().default(false),
  /** Set where those files and their manifest are in the store before the workflow starts: it waits for no signal then. */
  uploaded: z.boolean().optional(),
  /** The batch that it belongs to. */
  batch: executionId.optional(),
  /** How long the caller may take to send them, in milliseconds. Default a day. */
  uploadDeadlineMs: z.number().int().positive().default(86_400_000),
  locations: z.array(locationInput).max(1000).default([]),
  environment: z
    .record(
      environmentName,
      z.string().refine((value) => !value.includes('\0'), 'must not hold NUL'),
    )
    .default({}),
  /** Names from the worker's allow-list for the target; their values never enter Temporal. */
  secrets: z.array(environmentName).max(100).default([]),
  /** Patterns of the outputs to keep, relative to the working directory. Empty: every new or changed file. */
  outputs: z.array(z.string().min(1)).max(1000).default([]),
  /** Patterns that must each match at least one output, or the execution fails. */
  required: z.array(z.string().min(1)).max(1000).default([]),
  /** How long the command may run, in milliseconds, enforced on the target. Default: no limit. */
  timeoutMs: z.number().int().positive().optional(),
  onLost: onLost.default('fail'),
  /** How long its record and files are kept after its end. Default: `retention.days` of the worker. */
  keepFor: keepFor.optional(),
  /** The same for outputs that match a pattern: the first that matches counts. */
  keepOutputs: z
    .array(z.object({pattern: z.string().min(1), keepFor}))
    .max(100)
    .optional(),
  /** Set by `retry`: what of the earlier run is taken up. */
  resume: z
    .object({
      /** Which generation of the workspace is used; one above the last when the command is to run again. */
      generation: z.number().int().positive(),
      from: z.enum(['stage', 'run', 'collect']),
      /**
       * The run of the workflow that this one goes on from, and whether its end was recorded. What one without has left
       * running is ended first. Where another end has been recorded since, nothing is done: that is how this run ends too.
       */
      after: z.object({runId: z.string(), ended: z.boolean()}).optional(),
    })
    .optional(),
});

export type ExecutionRequest = z.input<typeof executionInput>;
export type ExecutionInput = z.output<typeof executionInput>;

export const stageName = z.enum(['open', 'upload', 'stage', 'run', 'collect', 'finish']);
export type StageName = z.infer<typeof stageName>;

export const failure = z.object({
  code: z.string(),
  message: z.string(),
  remedy: z.string().optional(),
  stage: stageName,
});
export type Failure = z.infer<typeof failure>;

export const transferTotals = z.object({
  files: z.number().int(),
  bytes: z.number().int(),
  /** Bytes that went over the line, those sent again included. */
  sentBytes: z.number().int(),
  /** Bytes that earlier attempts had sent and that were proved instead of sent again. */
  resumedBytes: z.number().int(),
  failedFiles: z.number().int(),
  /** Directories that were moved as such: of outputs the empty ones. Not among `files`. */
  directories: z.number().int().optional(),
});
export type TransferTotals = z.infer<typeof transferTotals>;

/** How the command ended. */
export const commandEnd = z.discriminatedUnion('outcome', [
  z.object({outcome: z.literal('exited'), status: z.number().int()}),
  z.object({outcome: z.literal('signalled'), signal: z.number().int()}),
  z.object({outcome: z.literal('timed-out'), timeoutMs: z.number()}),
  z.object({outcome: z.literal('cancelled')}),
  z.object({outcome: z.literal('lost'), reason: z.string()}),
]);
export type CommandEnd = z.infer<typeof commandEnd>;

/**
 * How an execution ended. The workflow completes with it where the outcome is `succeeded`; otherwise it fails, so that
 * no list shows green what is not: this is the first detail of its ApplicationFailure. Of a cancelled one Temporal keeps
 * no details: its result is in the catalog.
 */
export const executionResult = z.object({
  version: z.literal(1),
  executionId,
  /** `succeeded` only where the command exited with 0, every required output is there and every output was collected. */
  outcome: z.enum(['succeeded', 'failed', 'cancelled', 'lost']),
  command: commandEnd.optional(),
  failure: failure.optional(),
  target: targetName,
  generation: z.number().int(),
  staged: transferTotals,
  collected: transferTotals,
  /** What was left out and fails nothing: sockets, devices, links out of the tree. */
  warnings: z.array(z.object({name: z.string(), code: z.string(), message: z.string()})).default([]),
  /** How often the command was started: 1, or more where the caller chose `rerun`. */
  starts: z.number().int(),
  startedAt: z.string().optional(),
  endedAt: z.string(),
});
export type ExecutionResult = z.infer<typeof executionResult>;

/** What the query `state` answers. */
export interface ExecutionState {
  readonly stage: StageName;
  /** Which generation is under way, or was the last. */
  readonly generation: number;
  readonly result?: ExecutionResult;
}
