import {compressTexts} from '../../src/artifacts/compress-texts.js';
import type {MoveRequest} from '../../src/contracts/activities.js';
import type {StagedInput} from '../../src/execution/changed-inputs.js';
import {decideOutputs} from '../../src/execution/outputs.js';
import type {Workspace} from '../../src/execution/workspace.js';
import type {Store} from '../../src/stores/store.js';
import type {Target} from '../../src/worker/targets.js';
import type {ActivityDeps} from '../deps.js';
import {readManifest} from './manifest.js';
import type {MovePlan} from './move-plan.js';
import {cutPlan} from './segment-limits.js';

/** Plans what comes back: everything that is new or changed since staging ended. */
export async function planCollect(
  {store, compression}: Pick<ActivityDeps, 'store' | 'compression'>,
  target: Target,
  workspace: Workspace,
  request: MoveRequest,
  signal: AbortSignal,
): Promise<MovePlan> {
  const staged =
    request.uploads || request.locations.length > 0
      ? await stagedInputs(store, request, signal)
      : new Map<string, StagedInput>();
  const found = await decideOutputs(target.shell, target.store, workspace, {
    staged,
    outputs: request.outputs,
    required: request.required,
    signal,
  });
  const entries = compression.outputs ? compressTexts(found.entries, compression.minBytes) : found.entries;
  return {segments: await cutPlan('work', entries), refused: found.refused, missing: found.missing};
}

async function stagedInputs(
  store: Store,
  request: MoveRequest,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, StagedInput>> {
  const lines = await readManifest(store, {...request, direction: 'stage'}, signal);
  return new Map(
    lines.map(({name, kind, size, modifiedAt, sha256, linkTarget}) => [
      name,
      {
        kind,
        size,
        modifiedAt,
        ...(sha256 === undefined ? {} : {sha256}),
        ...(linkTarget === undefined ? {} : {linkTarget}),
      },
    ]),
  );
}
