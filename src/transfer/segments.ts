import type {PlannedFile} from './planned-file.js';

export interface SegmentLimits {
  readonly maxFiles: number;
  /** Bytes; a single file may be larger. */
  readonly maxBytes: number;
}

/** Cuts a plan, in its order, into the lists that one activity each moves: the same plan always gives the same ones. */
export async function* cutSegments(
  plan: AsyncIterable<PlannedFile> | Iterable<PlannedFile>,
  limits: SegmentLimits,
): AsyncGenerator<readonly PlannedFile[]> {
  let segment: PlannedFile[] = [];
  let bytes = 0;
  for await (const file of plan) {
    if (segment.length > 0 && (segment.length >= limits.maxFiles || bytes + file.size > limits.maxBytes)) {
      yield segment;
      segment = [];
      bytes = 0;
    }
    segment.push(file);
    bytes += file.size;
  }
  if (segment.length > 0) yield segment;
}
