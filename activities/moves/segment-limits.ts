import {cutSegments} from '../../src/transfer/segments.js';
import type {PlannedFile} from '../../src/transfer/planned-file.js';
import type {PlannedSegment, SegmentSource} from './move-plan.js';

/**
 * One activity's worth, the last with a rest of up to a tenth more: a page that fits into memory many times over, and so
 * few segments that a hundred thousand files stay below a hundred events of history.
 */
const LIMITS = {maxFiles: 5_000, maxBytes: 64 * 1024 ** 3};

export async function cutPlan(from: SegmentSource, files: readonly PlannedFile[]): Promise<readonly PlannedSegment[]> {
  const segments: PlannedSegment[] = [];
  for await (const segment of cutSegments(files, LIMITS)) segments.push({from, files: segment});
  return segments;
}
