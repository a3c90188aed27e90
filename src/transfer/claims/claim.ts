import {z} from 'zod';
import type {Entry} from '../../stores/store.js';

/** Who writes at a destination: a workflow, or a process on one machine. */
export const claimHolder = z.discriminatedUnion('kind', [
  z.object({kind: z.literal('workflow'), id: z.string()}),
  z.object({
    kind: z.literal('process'),
    id: z.string(),
    machineId: z.string(),
    process: z.object({pid: z.number().int(), startedAt: z.string(), bootId: z.string()}),
  }),
]);
export type ClaimHolder = z.infer<typeof claimHolder>;

/**
 * What one copy is writing, in the default store:
 *
 *     claims/nightly-7.json   claims/direct-0c21….4711.json
 */
export const destinationClaim = z.object({
  version: z.literal(1),
  /** `asking` until no other claim was found. */
  state: z.enum(['asking', 'held']),
  holder: claimHolder,
  /** Paths of two claims are compared where their scopes are equal: the name of a target or store, or this machine's disk. */
  scope: z.string(),
  /** Absolute. Each stands for itself and everything below it. */
  paths: z.array(z.string()).min(1),
  /** Where unfinished files lie: the destination as it was named, and the directory that holds everything there. */
  location: z.string(),
  root: z.string(),
  /** ISO 8601. */
  claimedAt: z.string(),
});
export type DestinationClaim = z.infer<typeof destinationClaim>;

/** A claim as it was found, with the time at which its holder last wrote it. */
export interface FoundClaim extends Pick<Entry, 'modifiedAt'> {
  readonly key: string;
  readonly claim: DestinationClaim;
}

/** The first pair of paths of which one holds the other. */
export function overlap(
  one: Pick<DestinationClaim, 'scope' | 'paths'>,
  other: Pick<DestinationClaim, 'scope' | 'paths'>,
): {readonly one: string; readonly other: string} | undefined {
  if (one.scope !== other.scope) return undefined;
  for (const here of one.paths) {
    const there = other.paths.find((path) => holds(here, path) || holds(path, here));
    if (there !== undefined) return {one: here, other: there};
  }
  return undefined;
}

function holds(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}
