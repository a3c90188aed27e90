import type {Catalog} from '../../src/artifacts/catalog/catalog.js';
import type {ExpiredArtifact} from '../../src/artifacts/catalog/retention.js';
import {isWaybillError} from '../../src/contracts/errors.js';
import {RETENTION_NOTES, type RetentionNote} from '../../src/contracts/retention.js';
import type {Store} from '../../src/stores/store.js';
import {inParallel} from '../../src/stores/in-parallel.js';
import type {Attempt} from '../attempt.js';
import type {Pace} from './pace.js';
import {withoutRunning} from './running.js';

export interface ArtifactSweep {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly sweepId: string;
  readonly cutoff: Date;
  readonly attempt: Attempt;
  readonly pace: Pace;
  readonly note: () => Promise<void>;
}

const ROUND = 1000;
const AT_ONCE = 16;

/** Removes files that have expired before the rest of their execution. Answers with the first that could not be removed. */
export async function sweepArtifacts(sweep: ArtifactSweep): Promise<readonly RetentionNote[]> {
  const {catalog, cutoff, sweepId, pace, attempt, note} = sweep;
  const left: RetentionNote[] = [];
  for (let after: string | undefined; ; ) {
    const found = await catalog.retention.findExpiredArtifacts({cutoff, limit: ROUND, after});
    after = found.at(-1)?.id;
    const ended = await withoutRunning(new Set(found.map(({executionId}) => executionId)));
    const wanted = found.filter(({executionId}) => ended.has(executionId)).map(({id}) => id);
    const claimed = new Set(await catalog.retention.claimArtifacts(wanted, cutoff));
    const gone: string[] = [];
    await inParallel(
      found.filter(({id}) => claimed.has(id)),
      AT_ONCE,
      async (artifact) => {
        const failure = await removeArtifact(sweep, artifact);
        if (failure === undefined) gone.push(artifact.id);
        else if (left.length < RETENTION_NOTES) left.push(failure);
      },
    );
    await catalog.retention.forgetArtifacts(sweepId, gone);
    await note();
    await pace.took(gone.length, attempt.signal);
    if (found.length < ROUND) return left;
  }
}

async function removeArtifact(
  {store, attempt}: ArtifactSweep,
  {executionId, key, log}: ExpiredArtifact,
): Promise<RetentionNote | undefined> {
  const {signal} = attempt;
  try {
    if (!key.startsWith(`executions/${executionId}/`)) {
      return {name: executionId, code: 'name.outside-root', message: `${JSON.stringify(key)} is not below it`};
    }
    if (log) await store.removeTree(key, {signal});
    else await store.remove(key, {signal});
    return undefined;
  } catch (error) {
    // A directory that still holds something goes with the execution.
    if (isWaybillError(error) && error.code === 'store.not-empty') return undefined;
    if (!isWaybillError(error) || error.code === 'store.unavailable') throw error;
    return {name: executionId, code: error.code, message: error.message};
  }
}
