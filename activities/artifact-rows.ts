import type {ArtifactRow} from '../src/artifacts/catalog/catalog.js';
import {inputKey, logsRoot, outputKey} from '../src/artifacts/keys.js';
import type {Direction, GenerationRef} from '../src/contracts/activities.js';
import type {ArtifactKind} from '../src/contracts/artifacts.js';
import type {ExecutionInput, ExecutionResult, KeepFor, TransferTotals} from '../src/contracts/execution.js';
import {getLogEnd} from '../src/execution/log-objects.js';
import {outputPattern} from '../src/execution/output-patterns.js';
import type {Store} from '../src/stores/store.js';
import type {ManifestLine} from '../src/transfer/journal-page.js';
import {manifestKey, readManifest} from './moves/manifest.js';

type Ref = Omit<GenerationRef, 'target'>;

/** What the manifests and logs of one generation say of its files, by kind. */
export async function artifactRows(
  store: Store,
  ref: Ref,
  result: Pick<ExecutionResult, 'staged' | 'collected'>,
  keep: Pick<ExecutionInput, 'keepOutputs'>,
): Promise<readonly (readonly [ArtifactKind, readonly ArtifactRow[]])[]> {
  const keptFor = keepRule(keep);
  const [inputs, outputs, logs] = await Promise.all([
    moved(store, ref, 'stage', result.staged),
    moved(store, ref, 'collect', result.collected),
    logRows(store, ref),
  ]);
  return [
    ['input', inputs],
    ['output', outputs.map((row) => ({...row, ...keptFor(row.name)}))],
    ['log', logs],
  ];
}

/** In milliseconds, null for ever. */
export function keepMs(keepFor: KeepFor | undefined, retentionDays: number): number | null {
  if (keepFor === 'forever') return null;
  return keepFor ?? retentionDays * 86_400_000;
}

function keepRule({keepOutputs = []}: Pick<ExecutionInput, 'keepOutputs'>) {
  const rules = keepOutputs.map(({pattern, keepFor}) => ({
    matches: outputPattern(pattern),
    keep: {keepMs: keepFor === 'forever' ? null : keepFor},
  }));
  return (name: string): Pick<ArtifactRow, 'keepMs'> => rules.find(({matches}) => matches(name))?.keep ?? {};
}

async function moved(
  store: Store,
  ref: Ref,
  direction: Direction,
  totals: TransferTotals,
): Promise<readonly ArtifactRow[]> {
  if (totals.files + totals.failedFiles + (totals.directories ?? 0) === 0) return [];
  const lines = await readManifest(store, {...ref, direction});
  return lines.map((line) => artifactRow(ref, direction, line));
}

function artifactRow({executionId, generation}: Ref, direction: Direction, line: ManifestLine): ArtifactRow {
  const {name, kind, size, mode, modifiedAt, sha256, linkTarget, stored} = line;
  const lies = stored?.name ?? name;
  return {
    name,
    key: direction === 'stage' ? inputKey(executionId, lies) : outputKey(executionId, generation, lies),
    type: kind,
    size,
    mode,
    modifiedAt,
    manifest: manifestKey({executionId, generation, direction}),
    ...(sha256 === undefined ? {} : {sha256}),
    ...(linkTarget === undefined ? {} : {linkTarget}),
    ...(stored === undefined ? {} : {storedSize: stored.size, compression: stored.compression}),
  };
}

async function logRows(store: Store, {executionId, generation}: Ref): Promise<readonly ArtifactRow[]> {
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
