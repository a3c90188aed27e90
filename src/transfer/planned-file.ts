import {z} from 'zod';
import type {WaybillError} from '../contracts/errors.js';
import {relativeName} from '../contracts/execution.js';
import {storedForm} from '../contracts/file-outcome.js';
import type {Attributes, Entry} from '../stores/store.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** One entry of a plan: what is to be moved, as the source showed it when it was listed. */
export const plannedFile = z.object({
  /** Below the roots of both sides. */
  name: relativeName,
  /** Below the source's root, where it is not the same as `name`. */
  source: z.string().optional(),
  kind: z.enum(['file', 'link', 'directory']),
  /** Bytes; 0 for links and directories. */
  size: z.number().int().nonnegative(),
  mode: z.number().int().min(0).max(0o7777),
  /** Milliseconds since 1970. */
  modifiedAt: z.number(),
  /** Mode and time are stand-ins: those that the source shows when it is opened count. */
  attributesLeftOut: z.literal(true).optional(),
  /** Set where the destination is to have it, too. */
  owner: z.object({uid: z.number().int().nonnegative(), gid: z.number().int().nonnegative()}).optional(),
  /** The source's own word for this content: another one at the time of reading means that the file has changed. */
  identity: z.string().optional(),
  /** Known beforehand, from a manifest: the bytes as read have to match it. */
  sha256: sha256.optional(),
  linkTarget: z.string().optional(),
  /** Name at the destination, below its root, of the gzip file that it becomes there where it is a text that shrinks. */
  compressAs: z.string().optional(),
  /** Set where it lies compressed at its source, and `source` is its name there: everything else here is of the original. */
  stored: storedForm.optional(),
});
export type PlannedFile = z.infer<typeof plannedFile>;

/** The file with the mode and time that its opened source shows, where the plan has none. */
export function withAttributes(file: PlannedFile, {mode, modifiedAt}: Entry): PlannedFile {
  return file.attributesLeftOut === true ? {...file, mode: mode & 0o7777, modifiedAt} : file;
}

/** What the destination is given. */
export function attributesOf({mode, modifiedAt, owner}: PlannedFile): Attributes {
  return {mode: mode & 0o777, modifiedAt, ...(owner === undefined ? {} : {owner})};
}

/** A name that was found and is not moved, and why. */
export const refusedEntry = z.object({
  /** Printable; not always the name as the source holds it. */
  name: z.string(),
  refused: z.object({code: z.string(), message: z.string()}),
});
export type RefusedEntry = z.infer<typeof refusedEntry>;

export function refusedBy(name: string, {code, message}: WaybillError): RefusedEntry {
  return {name, refused: {code, message}};
}
