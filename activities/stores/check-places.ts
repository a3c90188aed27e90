import type {CheckCounts, CheckedName, ParsedStoreQuestion, StoreAnswer} from '../../src/contracts/store.js';
import {check} from '../../src/transfer/copy/check.js';
import type {CopyPlace} from '../../src/transfer/copy/locate.js';
import {copyPlace} from '../../src/worker/copy-place.js';
import type {TargetRegistry} from '../../src/worker/targets.js';

/** Characters of JSON that an answer tells of what is not the same. */
const TOLD_CHARACTERS = 500_000;

/** Compares both sides and answers with what is not the same, as far as it fits; all of it is counted. */
export async function checkPlaces(
  targets: TargetRegistry,
  {sources, destination, by, options}: Extract<ParsedStoreQuestion, {ask: 'check'}>,
  signal: AbortSignal,
): Promise<StoreAnswer> {
  const from: CopyPlace[] = [];
  for (const location of sources) from.push(await copyPlace(targets, location, signal));
  const to = await copyPlace(targets, destination, signal);
  const counts: CheckCounts = {same: 0, missing: 0, differs: 0, refused: 0};
  const entries: CheckedName[] = [];
  let omitted = 0;
  let characters = 0;
  for await (const entry of check(from, to, {...options, by, signal})) {
    counts[entry.state] += 1;
    if (entry.state === 'same') continue;
    characters += JSON.stringify(entry).length;
    if (characters > TOLD_CHARACTERS) omitted += 1;
    else entries.push({...entry});
  }
  return {ask: 'check', counts, entries, omitted};
}
