import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {transferRoot} from '../../../src/artifacts/keys.js';
import {parseManifest} from '../../../src/transfer/journal-page.js';
import {stillRecorded} from '../../e2e/under-way.js';
import type {Lab} from './lab.js';
import type {Running} from './running.js';

/** Names in the journal of a transfer; a planner that died has left pages, which go with the journal. */
const JOURNAL = /^(plan\.json|(plan|refused)-[0-9a-f]{8}(-\d{6})?\.ndjson|(outcomes|manifest)-\d{6}.*\.ndjson)$/;

/** What a transfer that ended says of itself, against what it was given. */
export async function verifyRecords(lab: Lab, transfer: Running): Promise<readonly string[]> {
  const {id, plan, digests} = transfer;
  const complaints: string[] = [];
  const check = (holds: boolean, complaint: string) => {
    if (!holds) complaints.push(`${id} (${plan.from} to ${plan.to}): ${complaint}`);
  };
  const result = transfer.settled();
  if (result === undefined || result instanceof Error) {
    check(false, `no result: ${result?.message ?? 'it did not end'}`);
    return complaints;
  }
  const {outcome, counts, failure, failures} = result;
  check(outcome === 'succeeded', `${outcome}: ${JSON.stringify(failure ?? failures)}`);
  check(counts.files === digests.size, `${counts.files} files counted, ${digests.size} given`);
  check(counts.failed === 0 && counts.unverified === 0, `${counts.failed} failed, ${counts.unverified} unverified`);
  const journal = join(lab.stack.storeRoot, transferRoot(id));
  const names = await readdir(journal).catch(() => []);
  for (const name of names) check(JOURNAL.test(name), `${name} was left in the journal`);
  const told = await manifest(journal, names);
  for (const [name, sha256] of digests) {
    const entries = told.filter((entry) => entry.name === name);
    check(entries.length === 1, `${JSON.stringify(name)} has ${entries.length} lines in the manifest`);
    check(entries[0]?.sha256 === sha256, `the manifest has another digest of ${JSON.stringify(name)}`);
  }
  return complaints;
}

async function manifest(journal: string, names: readonly string[]) {
  const pages = names.filter((name) => name.startsWith('manifest-'));
  const lines = await Promise.all(pages.map(async (name) => parseManifest(await readFile(join(journal, name)))));
  return lines.flat();
}

/** What a round has left at its places, in the default store and with the workers, once all of it has ended. */
export async function leftoversOf(lab: Lab, round: string, ids: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [name, place] of Object.entries(lab.places)) {
    for (const left of await place.leftovers(round)) found.push(`${name}: left behind: ${left}`);
  }
  const stored = await readdir(lab.stack.storeRoot, {recursive: true});
  found.push(
    ...stored.filter((name) => /\.waybill-|\.partial$|\.ledger$/.test(name)).map((name) => `default store: ${name}`),
  );
  for (const {activity, executionId} of await stillRecorded(lab.machines, ids)) {
    found.push(`a worker's record of ${activity} of ${executionId}`);
  }
  return found;
}
