import {mkdir} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {inputManifestKey} from '../artifacts/keys.js';
import {MAX_INPUT_MANIFEST_BYTES, parseInputManifest} from '../artifacts/input-manifest.js';
import type {Artifact} from '../contracts/artifacts.js';
import {openLocalStore} from '../stores/local/store.js';
import type {Store} from '../stores/store.js';
import type {FileOutcome} from '../transfer/file-outcome.js';
import {finishDirectories} from '../transfer/finish-directories.js';
import type {PlannedFile} from '../transfer/planned-file.js';
import {matcher} from '../transfer/selection.js';
import type {DownloadedFile, DownloadOptions} from './api.js';
import {movePatiently} from './move-patiently.js';
import {type Placement, place} from './placement.js';
import type {TicketStore} from './ticket-store.js';

/**
 * Brings outputs to this machine. Unfinished files lie in a hidden directory of the destination, so that a download
 * which was cut is taken up by the next one; it is removed when everything is there.
 */
export async function download(
  {store, announceReads}: Pick<TicketStore, 'store' | 'announceReads'>,
  executionId: string,
  outputs: AsyncIterable<Artifact>,
  options: DownloadOptions,
): Promise<readonly DownloadedFile[]> {
  const signal = options.signal ?? new AbortController().signal;
  const into = resolve(options.into);
  const inputs = await sentInputs(store, executionId, signal);
  const wanted = options.patterns && options.patterns.length > 0 ? matcher(options.patterns) : undefined;
  const rules = {into, executionId, overwrite: options.overwrite ?? false, inputs, given: new Set<string>()};
  const placements: Placement[] = [];
  for await (const artifact of outputs) {
    signal.throwIfAborted();
    if (wanted?.(artifact.name) ?? true) placements.push(await place(artifact, rules));
  }
  const moving = placements.filter((placement) => placement.place !== 'unchanged');
  if (moving.length === 0) return placements.map((placement) => downloaded(into, placement, undefined));

  announceReads(moving.filter(({artifact}) => artifact.type === 'file').map(({artifact}) => artifact.key));
  await mkdir(into, {recursive: true});
  const here = openLocalStore({name: 'this machine', root: into});
  const partials = `.waybill-${executionId}`;
  /** A name that somebody has written to since is theirs, as it would have been at first. */
  const stillReplaced = async (left: readonly PlannedFile[]): Promise<readonly PlannedFile[]> => {
    const names = new Set(left.map(({name}) => name));
    for (const [index, {artifact, name}] of placements.entries()) {
      if (!names.has(name)) continue;
      rules.given.delete(name);
      placements[index] = await place(artifact, rules);
    }
    const replaced = new Set(placements.filter((of) => of.place === 'replace').map(({name}) => name));
    return left.filter(({name}) => replaced.has(name));
  };
  const move = async (of: readonly Placement[], ifExists: 'keep' | 'replace'): Promise<readonly FileOutcome[]> => {
    if (of.length === 0) return [];
    const {outcomes} = await movePatiently({
      from: store,
      fromRoot: '',
      to: here,
      toRoot: '',
      partials,
      owner: `${executionId}/download`,
      files: of.map(planned),
      ifExists,
      signal,
      stillMoved: ifExists === 'replace' ? stillReplaced : (left) => Promise.resolve(left),
      onProgress: (progress) => options.onProgress?.({...progress, direction: 'collect'}),
    });
    return outcomes;
  };
  try {
    await here.makeDirectory(partials, {mode: 0o700, signal});
    // What appears under a free name meanwhile is somebody's, and is not replaced. What is replaced goes first: it was
    // looked at a moment ago, and the others may take so long that somebody edits it.
    const replaced = placements.filter((of) => of.place === 'replace');
    const replacedOutcomes = await move(replaced, 'replace');
    const added = placements.filter((of) => of.place === 'new' || of.place === 'beside');
    const outcomes = [...replacedOutcomes, ...(await move(added, 'keep'))];
    const directories = added.filter(({artifact}) => artifact.type === 'directory').map(planned);
    await finishDirectories({to: here, toRoot: '', directories, signal});
    // What failed may be taken up by another download.
    if (!outcomes.some(({outcome}) => outcome === 'failed')) await here.removeTree(partials, {signal});
    const byName = new Map(outcomes.map((outcome) => [outcome.name, outcome]));
    return placements.map((placement) => downloaded(into, placement, byName.get(placement.name)));
  } finally {
    await here.close();
  }
}

async function sentInputs(
  store: Store,
  executionId: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const bytes = await store.getObject(inputManifestKey(executionId), MAX_INPUT_MANIFEST_BYTES, {signal});
  const sent = bytes ? parseInputManifest(bytes) : [];
  return new Map(sent.flatMap((input) => (input.kind === 'directory' ? [] : [[input.name, input.sha256] as const])));
}

function planned({artifact, name}: Placement): PlannedFile {
  const {compression, key, linkTarget, mode, modifiedAt, sha256, size, storedSize = size, type} = artifact;
  return {
    name,
    source: key,
    kind: type,
    size,
    mode: mode & 0o777,
    modifiedAt: Date.parse(modifiedAt),
    ...(sha256 === undefined ? {} : {sha256}),
    ...(linkTarget === undefined ? {} : {linkTarget}),
    ...(compression === undefined ? {} : {stored: {name: key, size: storedSize, compression}}),
  };
}

function downloaded(
  into: string,
  {artifact, name, place: placed}: Placement,
  outcome: FileOutcome | undefined,
): DownloadedFile {
  const {size, sha256} = artifact;
  const shown = {type: artifact.type, name: artifact.name, size};
  const file = {...shown, path: join(into, name), ...(sha256 === undefined ? {} : {sha256})};
  if (outcome?.outcome === 'failed') {
    return {outcome: 'failed', name: artifact.name, code: outcome.code, message: outcome.message};
  }
  const kept = {...shown, outcome: 'kept-local', path: join(into, artifact.name), savedAs: file.path} as const;
  // Saved beside by an earlier download: what has the output's own name is still something else.
  if (placed === 'unchanged') return name === artifact.name ? {...file, outcome: 'unchanged'} : kept;
  if (outcome === undefined) {
    return {outcome: 'failed', name: artifact.name, code: 'store.io', message: 'the engine gave no outcome'};
  }
  if (placed === 'beside') return kept;
  return {...file, outcome: outcome.outcome === 'resumed' ? 'resumed' : 'downloaded'};
}
