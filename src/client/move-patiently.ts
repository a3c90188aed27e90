import {inAttempts} from '../transfer/attempts.js';
import {withDone} from '../transfer/move-progress.js';
import {moveSegment, type MoveSegmentOptions, type SegmentResult} from '../transfer/move-segment.js';
import type {PlannedFile} from '../transfer/planned-file.js';

interface PatientMove extends Omit<MoveSegmentOptions, 'before' | 'earlier' | 'onOutcome'> {
  /**
   * For a destination that people work in: what has arrived is theirs then, and is never sent again. Asked before each
   * attempt after the first which of the other files it moves; one that is left out gets no outcome. Default: another
   * attempt moves all, and sends again what does not lie there as it arrived.
   */
  readonly stillMoved?: (left: readonly PlannedFile[]) => Promise<readonly PlannedFile[]>;
}

/** The second goes by small steps. More would only make somebody at a terminal wait for a server that is down. */
const ATTEMPTS_WITHOUT_PROGRESS = 2;

/** The smallest step of a text that goes compressed is a block; only the third sends it as it is, whatever has arrived so. */
const ATTEMPTS_WITH_TEXTS = 3;

/**
 * Moves a segment over a line that may drop, for as long as attempts get further. Rejects with the error of the second in a
 * row that does not, or the third where there is a file to be compressed.
 */
export async function movePatiently({stillMoved, ...move}: PatientMove): Promise<SegmentResult> {
  const {signal, onProgress} = move;
  let {files} = move;
  const hasTexts = files.some(({compressAs}) => compressAs !== undefined);
  const retries = hasTexts ? ATTEMPTS_WITH_TEXTS : ATTEMPTS_WITHOUT_PROGRESS;
  return await inAttempts(
    {retries, signal, givenUp: (_, last) => last},
    async ({onProgress: onAttemptProgress, ...attempt}) => {
      const settled = stillMoved === undefined ? [] : attempt.earlier.filter(({outcome}) => outcome !== 'failed');
      if (stillMoved !== undefined && attempt.before !== undefined) {
        const names = new Set(settled.map(({name}) => name));
        files = await stillMoved(files.filter(({name}) => !names.has(name)));
      }
      const {outcomes, progress} = await moveSegment({
        ...move,
        ...attempt,
        files,
        earlier: stillMoved === undefined ? attempt.earlier : [],
        onProgress: (told, gainedBytes) => {
          const all = withDone(told, settled);
          onAttemptProgress(all, gainedBytes);
          onProgress?.(all, gainedBytes);
        },
      });
      const byName = new Map([...settled, ...outcomes].map((outcome) => [outcome.name, outcome]));
      return {
        outcomes: move.files.flatMap(({name}) => byName.get(name) ?? []),
        progress: withDone(progress, settled),
      };
    },
  );
}
