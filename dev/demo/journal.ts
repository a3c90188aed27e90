import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {journalStageRoot} from '../../src/artifacts/keys.js';
import type {FileOutcome, MovedOutcome} from '../../src/transfer/file-outcome.js';
import {mergeOutcomes, parseOutcomePage} from '../../src/transfer/journal-page.js';
import type {Direction} from './crash.js';

export interface Journal {
  readonly failed: readonly FileOutcome[];
  /** Files that a later attempt took up. */
  readonly resumed: readonly MovedOutcome[];
  /** Bytes that the destination had held before and that were sent again. */
  readonly resentBytes: number;
}

/** What the store's journal says of one direction. */
export async function readJournal(store: string, id: string, direction: Direction): Promise<Journal> {
  const directory = join(store, journalStageRoot(id, 1, direction));
  const names = (await readdir(directory)).filter((name) => name.startsWith('outcomes-')).sort();
  const pages = await Promise.all(names.map(async (name) => parseOutcomePage(await readFile(join(directory, name)))));
  const outcomes = mergeOutcomes(pages);
  const moved = outcomes.filter((outcome) => outcome.outcome !== 'failed');
  return {
    failed: outcomes.filter((outcome) => outcome.outcome === 'failed'),
    resumed: moved.filter(({resumedBytes}) => resumedBytes > 0),
    resentBytes: moved.reduce((sum, {resentBytes}) => sum + resentBytes, 0),
  };
}
