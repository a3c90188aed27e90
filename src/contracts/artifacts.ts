import {z} from 'zod';
import {storedForm} from './file-outcome.js';
import {executionId} from './ids.js';

export const artifactKind = z.enum(['input', 'output', 'log']);
export type ArtifactKind = z.infer<typeof artifactKind>;

/** One file of an execution, as the catalog knows it. */
export const artifact = z.object({
  /** `artifact_{uuid}` */
  id: z.string(),
  executionId,
  kind: artifactKind,
  /** Relative to the working directory (inputs, outputs). */
  name: z.string(),
  /** Where it lies below the default store's root. */
  key: z.string(),
  type: z.enum(['file', 'link', 'directory']),
  linkTarget: z.string().optional(),
  size: z.number().int(),
  /** Bytes as they lie in the store, and how they were made smaller; absent where they lie there as they are. */
  storedSize: z.number().int().optional(),
  compression: z.enum(['gzip']).optional(),
  /** Lower-case hexadecimal; absent for links and directories. */
  sha256: z.string().optional(),
  contentType: z.string(),
  mode: z.number().int(),
  modifiedAt: z.string(),
  createdAt: z.string(),
  /** Absent where it is kept for ever. */
  expiresAt: z.string().optional(),
  /** Key of the manifest that names it. */
  manifest: z.string().optional(),
});
export type Artifact = z.infer<typeof artifact>;

export const executionRecord = z.object({
  id: executionId,
  label: z.string().optional(),
  target: z.string(),
  command: z.array(z.string()),
  state: z.enum(['open', 'succeeded', 'failed', 'cancelled', 'lost']),
  generation: z.number().int(),
  exitStatus: z.number().int().optional(),
  failureCode: z.string().optional(),
  failureMessage: z.string().optional(),
  failureStage: z.string().optional(),
  createdAt: z.string(),
  endedAt: z.string().optional(),
  /** Absent while it is open, and where it is kept for ever. */
  expiresAt: z.string().optional(),
  /** Somebody has chosen how long it is kept. */
  kept: z.boolean().optional(),
  outputFiles: z.number().int(),
  outputBytes: z.number().int(),
});
export type ExecutionRecord = z.infer<typeof executionRecord>;

const anyTicket = {
  /** Bytes from which on a text is compressed on its way up; absent: none is. */
  compressFrom: z.number().int().optional(),
};

/** How a client reaches the default store with no storage credential. Later kinds are added to the union. */
export const ticket = z.discriminatedUnion('kind', [
  z.object({
    ...anyTicket,
    /** The embedded store: a directory that the client reaches as a path, on the machine named. */
    kind: z.literal('path'),
    /** Of the machine that has the path; a client elsewhere must say so instead of finding nothing. */
    machineId: z.string(),
    /** Absolute root of the store; keys are below it. */
    root: z.string(),
  }),
  z.object({
    ...anyTicket,
    /** An S3 server: each request goes to a URL of its own, which the workflow `tickets` issues. Nothing here is secret. */
    kind: z.literal('s3'),
    /** As clients reach it. */
    endpoint: z.string(),
    bucket: z.string(),
    /** What keys begin with, a slash after it; empty: the bucket. */
    prefix: z.string(),
    pathStyle: z.boolean(),
    /** Certificates, in PEM, that are trusted beside those of the system. */
    certificateAuthority: z.string().optional(),
    /** Bytes of the largest input that may be sent; of one that is compressed on its way, of the original. */
    maxFileBytes: z.number().int().optional(),
  }),
]);
export type Ticket = z.infer<typeof ticket>;
export type PathTicket = Extract<Ticket, {kind: 'path'}>;
export type S3Ticket = Extract<Ticket, {kind: 's3'}>;

const uploaded = {name: z.string(), mode: z.number().int().min(0).max(0o7777), modifiedAt: z.number()};

/** One file that a client has put into the store, or an empty directory: a line of the input manifest. */
export const uploadedInput = z.union([
  z.object({
    ...uploaded,
    kind: z.literal('file').optional(),
    size: z.number().int().nonnegative(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    /** Set where it lies compressed: size and digest are of the original. */
    stored: storedForm.optional(),
  }),
  z.object({...uploaded, kind: z.literal('directory')}),
]);
export type UploadedInput = z.infer<typeof uploadedInput>;
