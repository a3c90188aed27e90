import type {MovedFiles} from '../../src/contracts/activities.js';
import type {FileOutcome} from '../../src/transfer/file-outcome.js';
import {finishDirectories} from '../../src/transfer/finish-directories.js';
import {manifestOf} from '../../src/transfer/journal-page.js';
import {writeManifest} from './manifest.js';
import type {MovePlan} from './move-plan.js';
import {destinationOf, type Move} from './move-planned.js';
import {movedFiles} from './totals.js';

/** The last step of a move: modes and times of directories, the manifest, and what it came to. */
export async function closePlanned(move: Move, plan: MovePlan, outcomes: readonly FileOutcome[]): Promise<MovedFiles> {
  const {deps, request, attempt} = move;
  const {signal} = attempt;
  const files = plan.segments.flatMap((segment) => segment.files);
  const directories = files.filter((file) => file.kind === 'directory');
  if (directories.length > 0) await finishDirectories({...destinationOf(move), directories, signal});
  if (files.length > 0) await writeManifest(deps.store, request, manifestOf(files, outcomes), signal);
  return movedFiles(plan, outcomes);
}
