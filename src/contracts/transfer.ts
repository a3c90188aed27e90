import {z} from 'zod';
import {executionId, targetName} from './ids.js';
import {originFields} from './origin.js';

const LOCATION = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63}):(.*)$/s;

/** `NAME:path` at the worker's side. */
export const transferLocation = z
  .string()
  .max(8192)
  .refine((text) => !text.includes('\0'), 'must not hold NUL')
  .refine((text) => splitLocation(text) !== undefined, 'must be NAME:PATH');

/** The name of a store or target and the path there; undefined where `text` is a bare path. */
export function splitLocation(text: string): {readonly name: string; readonly path: string} | undefined {
  const [, name, path] = LOCATION.exec(text) ?? [];
  if (name === undefined || path === undefined || path === '' || !targetName.safeParse(name).success) return undefined;
  return {name, path};
}

const pattern = z.string().min(1).max(4096);
const bytes = z.number().int().positive();

/** How files are chosen and moved. Each default is that of the requirements unless a comment gives the reason. */
export const transferOptions = z.object({
  /** Patterns of names to take, relative to each source; without a slash at any depth. Empty: everything. */
  include: z.array(pattern).max(1000).default([]),
  /** Patterns of names to leave out, with everything below them. */
  exclude: z.array(pattern).max(1000).default([]),
  /** Whether names that begin with a dot are taken inside a tree. A source that is named itself always is. */
  hidden: z.boolean().default(false),
  /**
   * Links inside a tree. `follow` carries the file that a link names where that lies in the tree, `skip` reports the
   * link and leaves it out, `copy` makes the same link. No choice leaves the tree. Default: `follow` where the source is
   * the worker's own disk, `skip` elsewhere, where what a link names can change between two questions.
   */
  symlinks: z.enum(['follow', 'skip', 'copy']).optional(),
  /** Whether what lies in the directories of a source is taken too. */
  recursive: z.boolean().default(true),
  /**
   * What happens to a file that exists at the destination. `newer` replaces one that is older than the source by more
   * than the coarser clock of both stores. `different` replaces one of another size; where the sizes are equal the SHA-256 of both
   * decides with `verify: hash`, else the time.
   */
  overwrite: z.enum(['always', 'never', 'newer', 'different']).default('always'),
  preserveTimes: z.boolean().default(true),
  /** Permission bits, never more than the source has. False: 0644 for files and 0755 for directories, within those of the source. */
  preserveMode: z.boolean().default(true),
  /**
   * Whether files and directories get the numbers of user and group of the source. Only root may give files away: a
   * file for which that side refuses it is reported, and not there.
   */
  preserveOwner: z.boolean().default(false),
  /**
   * `hash` proves every byte where it lies, `size` counts, `none` counts too and does not claim it. `both` is `hash`, and
   * the source is hashed where it lies as well, where it can be.
   */
  verify: z.enum(['none', 'size', 'hash', 'both']).default('hash'),
  /** Whether unfinished files of an earlier attempt are taken up. */
  resume: z.boolean().default(true),
  /** Attempts in a row that move no byte before the transfer gives up; attempts that get further are not counted. */
  retries: z.number().int().min(1).max(100).default(3),
  /** Milliseconds in which no byte moves, after which an attempt ends. Slowness never ends one, whatever the size. */
  stallTimeoutMs: z.number().int().min(100).default(60_000),
  /** Larger files are reported and left out, in bytes. Default: no limit. */
  maxSizeBytes: bytes.optional(),
  /** Bytes of one read or write. Default: what suits each store. 64 KiB, as was asked for, costs a third of the speed. */
  chunkBytes: bytes.min(4096).max(16_777_216).optional(),
  /** Large files under way at once. Those of up to 8 MiB go in groups, two at once; with 1, one group or one large file. */
  parallel: z.number().int().min(1).max(64).default(4),
  /**
   * SSH connections that carry files of this transfer to one server, within the worker's `transfer.connectionsPerTarget`.
   * Default: two, and four where a round trip takes 8 ms or more.
   */
  connections: z.number().int().min(1).max(64).optional(),
  /**
   * Whether a file that one of more than 8 MiB is going to replace is removed first, so that no room is needed for both:
   * nothing has the name then until the new one is complete. False: the one takes the place of the other in one step.
   */
  removeFirst: z.boolean().default(false),
  /** Bytes a second at most, of all files together. Default: no limit. */
  limitRate: bytes.min(1024).optional(),
  /** Plans and decides, moves nothing. */
  dryRun: z.boolean().default(false),
  /** Whether the first file that fails ends the transfer; the others are then reported as not tried. */
  failFast: z.boolean().default(false),
  /** Whether to wait for another transfer that writes at the same destination. False: `transfer.destination-busy` at once. */
  wait: z.boolean().default(false),
});
export type TransferOptionsRequest = z.input<typeof transferOptions>;
export type TransferOptions = z.output<typeof transferOptions>;

/** The input of the workflow `transfer`: version 1. Fields are only ever added, and are optional then. */
export const transferInput = z.object({
  version: z.literal(1).default(1),
  /** For people; shown in lists and in the Temporal UI. */
  label: z.string().max(200).optional(),
  ...originFields,
  /**
   * `NAME:path` each; the last components may be patterns (`*`, `?`, `[…]`, `**`). A directory arrives under its own name below the
   * destination, with a trailing slash its contents do.
   */
  sources: z.array(transferLocation).min(1).max(1000),
  /** `NAME:path`. A directory where it is one, ends with a slash, or several files arrive; otherwise the file's name. */
  destination: transferLocation,
  options: transferOptions.prefault({}),
});
export type TransferRequest = z.input<typeof transferInput>;
export type TransferInput = z.output<typeof transferInput>;

/** What became of the files, by number, and of their bytes. */
export const transferCounts = z.object({
  /** Of the plan; directories and links included. */
  entries: z.number().int(),
  files: z.number().int(),
  /** Of the planned files. */
  bytes: z.number().int(),
  copied: z.number().int(),
  resumed: z.number().int(),
  /** The destination held them already, or the overwrite policy kept what is there. */
  skipped: z.number().int(),
  unverified: z.number().int(),
  failed: z.number().int(),
  /** Bytes that went over the line, those sent again included. */
  sentBytes: z.number().int(),
  /** Bytes that earlier attempts had sent and that were proved instead of sent again. */
  resumedBytes: z.number().int(),
  /** Bytes of `sentBytes` that an unfinished file had held before. */
  resentBytes: z.number().int(),
});
export type TransferCounts = z.infer<typeof transferCounts>;

export const noCounts: Readonly<TransferCounts> = Object.freeze({
  entries: 0,
  files: 0,
  bytes: 0,
  copied: 0,
  resumed: 0,
  skipped: 0,
  unverified: 0,
  failed: 0,
  sentBytes: 0,
  resumedBytes: 0,
  resentBytes: 0,
});

export function addCounts(one: TransferCounts, other: TransferCounts): TransferCounts {
  return {
    entries: one.entries + other.entries,
    files: one.files + other.files,
    bytes: one.bytes + other.bytes,
    copied: one.copied + other.copied,
    resumed: one.resumed + other.resumed,
    skipped: one.skipped + other.skipped,
    unverified: one.unverified + other.unverified,
    failed: one.failed + other.failed,
    sentBytes: one.sentBytes + other.sentBytes,
    resumedBytes: one.resumedBytes + other.resumedBytes,
    resentBytes: one.resentBytes + other.resentBytes,
  };
}

/** A file or a name that something is to be said about. */
export const transferNote = z.object({name: z.string(), code: z.string(), message: z.string()});
export type TransferNote = z.infer<typeof transferNote>;

/** Notes that travel in a result; all of them are in the journal. */
export const NOTES_SHOWN = 20;

/** How a transfer ended. As with an execution, the workflow completes with it for success alone and fails with it otherwise. */
export const transferResult = z.object({
  version: z.literal(1),
  transferId: executionId,
  /** `succeeded` only where every planned file is at the destination, or was kept there on purpose. */
  outcome: z.enum(['succeeded', 'failed', 'cancelled']),
  failure: z.object({code: z.string(), message: z.string(), remedy: z.string().optional()}).optional(),
  dryRun: z.boolean(),
  counts: transferCounts,
  /** The first files that failed. */
  failures: z.array(transferNote),
  /** The first names that were left out and fail nothing: special files, links, what is too large. */
  warnings: z.array(transferNote),
  /** How many names were left out. */
  leftOut: z.number().int(),
  /** Where in the default store every file's outcome and digest is: pages of NDJSON. */
  manifest: z.object({prefix: z.string(), pages: z.number().int()}).optional(),
  startedAt: z.string(),
  endedAt: z.string(),
  /** Milliseconds. */
  durationMs: z.number().int(),
});
export type TransferResult = z.infer<typeof transferResult>;
