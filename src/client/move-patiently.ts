import {inAttempts} from '../transfer/attempts.js';
import {moveSegment, type MoveSegmentOptions, type SegmentResult} from '../transfer/move-segment.js';

type Move = Omit<MoveSegmentOptions, 'before' | 'earlier' | 'onOutcome'>;

/** The second goes by small steps. More would only make somebody at a terminal wait for a server that is down. */
const ATTEMPTS_WITHOUT_PROGRESS = 2;

/**
 * Moves a segment over a line that may drop, for as long as attempts get further. Rejects with the error of the second in a
 * row that does not.
 */
export async function movePatiently(move: Move): Promise<SegmentResult> {
  const {signal, onProgress} = move;
  return await inAttempts(
    {retries: ATTEMPTS_WITHOUT_PROGRESS, signal, givenUp: (_, last) => last},
    ({onProgress: onAttemptProgress, ...attempt}) =>
      moveSegment({
        ...move,
        ...attempt,
        onProgress: (progress, gainedBytes) => {
          onAttemptProgress(progress, gainedBytes);
          onProgress?.(progress, gainedBytes);
        },
      }),
  );
}
