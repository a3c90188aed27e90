import type {CopyProgress} from '../../contracts/checkpoint.js';
import type {FileOutcome} from '../file-outcome.js';

/** Adds the progress of the segment under way to what the segments before it came to. */
export class SegmentTotals {
  readonly #planned: {readonly files: number; readonly bytes: number};
  #done = {files: 0, bytes: 0, sent: 0, resumed: 0};

  constructor(planned: {readonly files: number; readonly bytes: number}) {
    this.#planned = planned;
  }

  with(now: CopyProgress): CopyProgress {
    return {
      ...now,
      filesDone: this.#done.files + now.filesDone,
      filesTotal: this.#planned.files,
      bytesDone: this.#done.bytes + now.bytesDone,
      bytesTotal: this.#planned.bytes,
      sentBytes: this.#done.sent + now.sentBytes,
      resumedBytes: this.#done.resumed + now.resumedBytes,
    };
  }

  finished(outcomes: readonly FileOutcome[]): void {
    for (const outcome of outcomes) {
      const {files, bytes, sent, resumed} = this.#done;
      this.#done = {
        files: files + 1,
        bytes: bytes + (outcome.outcome === 'failed' ? 0 : outcome.size),
        sent: sent + outcome.sentBytes,
        resumed: resumed + (outcome.outcome === 'failed' ? 0 : outcome.resumedBytes),
      };
    }
  }
}
