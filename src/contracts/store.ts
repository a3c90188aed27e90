import {z} from 'zod';
import {transferLocation, transferOptions} from './transfer.js';

/** Bytes of one answer of `read`: as base64 it stays below what Temporal takes for one payload. */
export const READ_PAGE_BYTES = 1_048_576;

/**
 * The largest file that `read` takes, in bytes. All of it passes through Temporal and stays in its history for a while: what
 * is larger is for `copy`.
 */
export const READ_LIMIT_BYTES = 16 * READ_PAGE_BYTES;

/** Permission bits. Set-user-id and set-group-id are left out: who reaches Temporal must not make programs that run as others. */
const mode = z.number().int().min(0).max(0o1777);

/** Where a list went on: after `count` entries of this name. Names that cannot be carried may look alike. */
const listCursor = z.object({name: z.string(), count: z.number().int().min(0)});

/** The input of the workflow `store`: one thing to be done or told at a place, `NAME:path`. */
export const storeQuestion = z.discriminatedUnion('ask', [
  /** A directory's entries by name, or the one file. */
  z.object({
    ask: z.literal('list'),
    location: transferLocation,
    /** At most this many entries; an answer of about a megabyte ends earlier. */
    limit: z.number().int().min(1).max(5000).default(1000),
    /** From an earlier answer's `next`. */
    after: listCursor.optional(),
  }),
  z.object({ask: z.literal('stat'), location: transferLocation}),
  /** Refuses the root, what is not there, and without `recursive` a directory. */
  z.object({ask: z.literal('remove'), location: transferLocation, recursive: z.boolean().default(false)}),
  z.object({
    ask: z.literal('make-directory'),
    location: transferLocation,
    /** Makes the parents too, and takes a directory that exists for made. */
    parents: z.boolean().default(false),
    /** Of the directory itself where it is made. Default: what the store gives. */
    mode: mode.optional(),
  }),
  /** Both places below the same allowed root. `to` is the new name, or with a trailing slash the directory to put it in. */
  z.object({
    ask: z.literal('rename'),
    location: transferLocation,
    to: transferLocation,
    overwrite: z.boolean().default(false),
  }),
  z.object({ask: z.literal('chmod'), location: transferLocation, mode}),
  /** A part of a file of at most 16 MiB. */
  z.object({
    ask: z.literal('read'),
    location: transferLocation,
    offset: z.number().int().min(0).default(0),
    /** In bytes. */
    length: z.number().int().min(1).max(READ_PAGE_BYTES).default(READ_PAGE_BYTES),
  }),
  z.object({ask: z.literal('sha256'), location: transferLocation}),
  /** Compares what a copy would make with what is there. */
  z.object({
    ask: z.literal('check'),
    sources: z.array(transferLocation).min(1).max(1000),
    destination: transferLocation,
    /** What two files have to share beside their size. */
    by: z.enum(['size', 'time', 'hash']).default('hash'),
    options: transferOptions
      .pick({include: true, exclude: true, hidden: true, symlinks: true, recursive: true})
      .prefault({}),
  }),
]);
export type StoreQuestion = z.input<typeof storeQuestion>;
export type ParsedStoreQuestion = z.output<typeof storeQuestion>;

/** What a place holds. A link is described itself, never what it points to. */
export const storeEntry = z.object({
  kind: z.enum(['file', 'directory', 'link', 'special']),
  /** Bytes; 0 for everything but a file. */
  size: z.number().int(),
  /** Permission bits. */
  mode: z.number().int(),
  /** ISO 8601. */
  modifiedAt: z.string(),
  /** Of a link: where it points. */
  linkTarget: z.string().optional(),
});
export type StoreEntry = z.infer<typeof storeEntry>;

export const listedStoreEntry = storeEntry.extend({
  name: z.string(),
  /** The name cannot be carried exactly: `name` is a printable stand-in, and no name to ask with. */
  unrepresentable: z.literal(true).optional(),
});
export type ListedStoreEntry = z.infer<typeof listedStoreEntry>;

export const checkedEntry = z.object({
  name: z.string(),
  state: z.enum(['same', 'missing', 'differs', 'refused']),
  /** What differs, or why it could not be looked at. */
  why: z.string().optional(),
});
export type CheckedName = z.infer<typeof checkedEntry>;

export const checkCounts = z.object({
  same: z.number().int(),
  missing: z.number().int(),
  differs: z.number().int(),
  /** Could not be looked at. */
  refused: z.number().int(),
});
export type CheckCounts = z.infer<typeof checkCounts>;

/** The result of the workflow `store`. */
export const storeAnswer = z.discriminatedUnion('ask', [
  z.object({ask: z.literal('list'), entries: z.array(listedStoreEntry), next: listCursor.optional()}),
  /** Without `entry` nothing is there. */
  z.object({ask: z.literal('stat'), entry: storeEntry.optional()}),
  z.object({ask: z.literal('remove')}),
  z.object({ask: z.literal('make-directory')}),
  z.object({ask: z.literal('rename')}),
  z.object({ask: z.literal('chmod')}),
  z.object({
    ask: z.literal('read'),
    /** Of the whole file, in bytes. */
    size: z.number().int(),
    /** Changes when the content may have changed: pages of different identities are of different files. */
    identity: z.string(),
    base64: z.string(),
  }),
  z.object({
    ask: z.literal('sha256'),
    /** Lower-case hexadecimal. */
    sha256: z.string(),
    size: z.number().int(),
    /** Whether the bytes were hashed where they lie or read by the worker. */
    hashed: z.enum(['in-place', 'read-back']),
  }),
  z.object({
    ask: z.literal('check'),
    counts: checkCounts,
    /** The first entries that are not the same. */
    entries: z.array(checkedEntry),
    /** Entries that are not the same and did not fit. */
    omitted: z.number().int(),
  }),
]);
export type StoreAnswer = z.infer<typeof storeAnswer>;
