export type {ClaimHolder, DestinationClaim, FoundClaim} from './claims/claim.js';
export {type ClaimRequest, DestinationClaims} from './claims/destination-claims.js';
export {check, type CheckedEntry, type CheckOptions} from './copy/check.js';
export {type ClaimedDestination, copy, type CopyOptions} from './copy/copy.js';
export {withOriginals} from './compression/originals.js';
export {copyEvents} from './copy/event-stream.js';
export type {CopyEvent} from './copy/events.js';
export type {CopyPlace} from './copy/locate.js';
export type {CopyResult} from './copy/result.js';
export {errorOf, type FailedOutcome, type FileOutcome, fileOutcome, type MovedOutcome} from './file-outcome.js';
export {finishDirectories} from './finish-directories.js';
export {
  encodeManifest,
  encodeOutcomePage,
  encodePlanPage,
  type ManifestLine,
  manifestOf,
  mergeOutcomes,
  parseManifest,
  parseOutcomePage,
  parsePlanPage,
} from './journal-page.js';
export {isPartialName, type PartialIdentity, type PartialPaths, partialPaths} from './keys.js';
export {staysInside} from './links.js';
export {type FileProgress, type MoveFileOptions, moveFile} from './move-file.js';
export type {SegmentProgress} from './move-progress.js';
export {moveSegment, type MoveSegmentOptions, type SegmentResult} from './move-segment.js';
export type {MoveLimits} from './move-shape.js';
export {planTree, type PlanTreeOptions} from './plan-tree.js';
export {type PlannedFile, plannedFile, type RefusedEntry, refusedEntry} from './planned-file.js';
export {RateMeter} from './rate.js';
export {cutSegments, type SegmentLimits} from './segments.js';
export {matcher, type Selection, type SelectionRules, selection} from './selection.js';
export {sweepPartials, type SweepOptions} from './sweep-partials.js';
