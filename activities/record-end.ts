import {Context} from '@temporalio/activity';
import {inputKey, logsRoot, outputKey} from '../src/artifacts/keys.js';
import type {ArtifactRow} from '../src/artifacts/catalog/catalog.js';
import type {Direction, GenerationRef, WaybillActivities} from '../src/contracts/activities.js';
import type {TransferTotals} from '../src/contracts/execution.js';
import {getLogEnd} from '../src/execution/log-objects.js';
import type {Store} from '../src/stores/store.js';
import type {ManifestLine} from '../src/transfer/journal-page.js';
import type {ActivityDeps} from './deps.js';
import {readManifest} from './moves/manifest.js';

const DAY_MS = 86_400_000;

/** Writes artifacts first, then how the execution ended: whoever reads an end finds its files. May be done again. */
export function recordEnd({catalog, retentionDays, store}: ActivityDeps): WaybillActivities['recordEnd'] {
  return async ({ref, result}) => {
    const {executionId, generation} = ref;
    const retention = {retentionMs: retentionDays * DAY_MS};
    const record = (kind: 'input' | 'output' | 'log', rows: readonly ArtifactRow[]) =>
      rows.length === 0 ? undefined : catalog.recordArtifacts(executionId, generation, kind, rows, retention);
    const [inputs, outputs, logs] = await Promise.all([
      moved(store, ref, 'stage', result.staged),
      moved(store, ref, 'collect', result.collected),
      logRows(store, ref),
    ]);
    await Promise.all([record('input', inputs), record('output', outputs), record('log', logs)]);
    await catalog.finishExecution({runId: Context.current().info.workflowExecution?.runId ?? '', result});
  };
}

async function moved(
  store: Store,
  ref: GenerationRef,
  direction: Direction,
  totals: TransferTotals,
): Promise<readonly ArtifactRow[]> {
  if (totals.files + totals.failedFiles + (totals.directories ?? 0) === 0) return [];
  const lines = await readManifest(store, {...ref, direction});
  return lines.map((line) => artifactRow(ref, direction, line));
}

function artifactRow({executionId, generation}: GenerationRef, direction: Direction, line: ManifestLine): ArtifactRow {
  const {name, kind, size, mode, modifiedAt, sha256, linkTarget} = line;
  return {
    name,
    key: direction === 'stage' ? inputKey(executionId, name) : outputKey(executionId, generation, name),
    type: kind,
    size,
    mode,
    modifiedAt,
    ...(sha256 === undefined ? {} : {sha256}),
    ...(linkTarget === undefined ? {} : {linkTarget}),
  };
}

async function logRows(store: Store, {executionId, generation}: GenerationRef): Promise<readonly ArtifactRow[]> {
  const rows = await Promise.all(
    (['stdout', 'stderr'] as const).map(async (stream): Promise<readonly ArtifactRow[]> => {
      const key = logsRoot(executionId, generation, stream);
      const end = await getLogEnd(store, key, {});
      if (!end || end.size === 0) return [];
      return [
        {
          name: stream,
          key,
          type: 'directory',
          size: end.size,
          mode: 0o600,
          modifiedAt: Date.now(),
          contentType: 'text/plain',
        },
      ];
    }),
  );
  return rows.flat();
}
