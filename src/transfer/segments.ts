import type {PlannedFile} from './planned-file.js';

export interface SegmentLimits {
  readonly maxFiles: number;
  /** Bytes; a single file may be larger. */
  readonly maxBytes: number;
}

/** What is left of a plan goes with its last segment up to this share of `maxFiles`: an activity costs more than so few. */
const REST = 0.1;

/** Cuts a plan, in its order, into the lists that one activity each moves: the same plan always gives the same ones. */
export async function* cutSegments(
  plan: AsyncIterable<PlannedFile> | Iterable<PlannedFile>,
  limits: SegmentLimits,
): AsyncGenerator<readonly PlannedFile[]> {
  /** Held back until what follows it is more than a rest. */
  let full = new Segment();
  let segment = new Segment();
  for await (const file of plan) {
    const {files} = segment;
    if (files.length > 0 && (files.length >= limits.maxFiles || segment.bytes + file.size > limits.maxBytes)) {
      if (full.files.length > 0) yield full.files;
      full = segment;
      segment = new Segment();
    }
    segment.add(file);
    const isRest = segment.files.length <= limits.maxFiles * REST && full.bytes + segment.bytes <= limits.maxBytes;
    if (full.files.length > 0 && !isRest) {
      yield full.files;
      full = new Segment();
    }
  }
  const last = [...full.files, ...segment.files];
  if (last.length > 0) yield last;
}

class Segment {
  readonly files: PlannedFile[] = [];
  bytes = 0;

  add(file: PlannedFile): void {
    this.files.push(file);
    this.bytes += file.size;
  }
}
